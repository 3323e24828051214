"""Describe, interpolate and edit parameter curves."""
