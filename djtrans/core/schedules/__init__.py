"""Noise schedules and device-independent noise for diffusion schedulers."""
