"""SDK of plugins: contracts, curves, tracks, plans and audio.

The public names are listed in ``__init__.pyi`` and imported on first use (PEP 562), so that
``import djtrans.core`` loads neither torch nor numpy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
