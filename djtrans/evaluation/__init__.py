"""Evaluation: compare techniques over many pairs of tracks.

:func:`compare` measures them, :func:`write_report` writes the tables and the plot.
"""

from typing import Any

import lazy_loader as _lazy

_getattr, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name == "Pair":
        import warnings

        warnings.warn(
            "djtrans.evaluation.Pair is now named TrackPair; import it by that name.",
            DeprecationWarning,
            stacklevel=2,
        )
        name = "TrackPair"
    return _getattr(name)
