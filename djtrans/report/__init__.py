"""Summarize a transition for people: events, ownership of stems, text."""
