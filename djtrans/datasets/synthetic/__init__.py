"""Synthetic training sets: planned transitions between synthesized tracks."""
