"""Inverse mixing: recover the curves of a mix from the mix and the stems of both tracks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
