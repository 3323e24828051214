"""djtrans: two tracks in, a beat-matched, musically aware DJ transition out.

The public names stand in ``__init__.pyi`` and are imported when they are first used (PEP 562,
scientific Python's SPEC 1), so that ``import djtrans`` loads neither torch nor numpy.
"""

import lazy_loader as _lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
