"""Synthetic datasets: planned transitions between synthesized tracks."""
