"""Plots of transitions; matplotlib is imported when one is made, and never its pyplot."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
