"""Tracks: audio, stems, analyses, features and tracklists."""
