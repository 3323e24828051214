"""Comparing techniques over many pairs of tracks.

:func:`compare` runs them, :func:`write_report` writes the tables and the plot.
"""

from djtrans.evaluation.comparison import Comparison, Outcome
from djtrans.evaluation.pairs import Pair, all_pairs, read_pairs, synthesized_pairs
from djtrans.evaluation.report import write_report
from djtrans.evaluation.run import compare
from djtrans.evaluation.work import EvaluationOptions, evaluate_pair

__all__ = [
    "Comparison",
    "EvaluationOptions",
    "Outcome",
    "Pair",
    "all_pairs",
    "compare",
    "evaluate_pair",
    "read_pairs",
    "synthesized_pairs",
    "write_report",
]
