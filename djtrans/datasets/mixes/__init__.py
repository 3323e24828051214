"""Collect tracklists of DJ mixes and extract their transitions."""
