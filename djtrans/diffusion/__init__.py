"""Diffusion over parameter curves: takes built schedulers and denoisers, gives curves."""
