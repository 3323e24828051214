"""The pipeline from two tracks to a transition: analysis, planning, curves and rendering."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
