"""Compare techniques over many pairs of tracks.

:func:`compare` runs the comparison, :func:`write_report` writes its tables and its plot.
"""

import warnings as _warnings

import lazy_loader as _lazy

_attached, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name == "Pair":
        _warnings.warn(
            "djtrans.evaluation.Pair is now named TrackPair; import it by that name.",
            DeprecationWarning,
            stacklevel=2,
        )
        name = "TrackPair"
    value: object = _attached(name)
    return value
