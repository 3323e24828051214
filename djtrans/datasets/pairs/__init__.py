"""Prepared pairs of tracks: file format, dataset and batches."""
