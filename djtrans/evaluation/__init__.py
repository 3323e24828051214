"""Comparing techniques over many pairs of tracks.

:func:`compare` runs them, :func:`write_report` writes the tables and the plot.
"""

from typing import Any

from djtrans.evaluation.comparison import Comparison, Outcome
from djtrans.evaluation.pairs import TrackPair, all_pairs, read_pairs, synthesized_pairs
from djtrans.evaluation.report import write_report
from djtrans.evaluation.run import compare
from djtrans.evaluation.work import EvaluationOptions, evaluate_pair

__all__ = [
    "Comparison",
    "EvaluationOptions",
    "Outcome",
    "TrackPair",
    "all_pairs",
    "compare",
    "evaluate_pair",
    "read_pairs",
    "synthesized_pairs",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name == "Pair":
        import warnings

        warnings.warn(
            "djtrans.evaluation.Pair is now named TrackPair; import it by that name.",
            DeprecationWarning,
            stacklevel=2,
        )
        return TrackPair
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
