"""Transition plans, track alignment and the params file."""
