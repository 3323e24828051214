"""Inverse mixing: from a mix and the stems of both tracks to the curves that were played."""
