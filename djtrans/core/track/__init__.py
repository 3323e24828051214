"""Tracks and what is known of them: analysis, stems, features, tracklists."""
