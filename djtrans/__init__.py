"""djtrans: two tracks in, a beat-matched, musically aware DJ transition out.

The public names stand in ``__init__.pyi`` and are imported when they are first used (PEP 562,
scientific Python's SPEC 1), so that ``import djtrans`` loads neither torch nor numpy.
"""

import warnings as _warnings

import lazy_loader as _lazy

__version__ = "0.1.0"

_attached, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)

#: Former names of public names.
_RENAMED = {"DrawRequest": "CurveRequest"}


def __getattr__(name: str) -> object:
    if name in _RENAMED:
        _warnings.warn(
            f"djtrans.{name} is now djtrans.{_RENAMED[name]}.", DeprecationWarning, stacklevel=2
        )
        name = _RENAMED[name]
    value: object = _attached(name)
    return value
