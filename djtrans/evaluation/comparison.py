"""Results of a comparison of techniques: outcomes, medians, paired differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.metric import MetricValue
from djtrans.core.errors import FormatError, InputError, did_you_mean
from djtrans.core.util.statistics import Estimate, median_interval
from djtrans.metrics.gates import VERDICTS
from djtrans.metrics.registered import metric_values


@attrs.frozen(kw_only=True)
class Outcome:
    """Measurements of one technique on one pair, or the reason why there are none.

    Attributes
    ----------
    pair : str
        Name of the pair.
    technique : str
        Qualified name of the technique.
    reason : str
        Reason why there is no measurement; empty if there is one.
    bars : int
        Length of the window in bars; 0 if there is none.
    shared_swap : bool
        True if the swap is the one shared by the techniques of the pair.
    values : mapping of str to float or None
        Values of :meth:`djtrans.metrics.TransitionMetrics.values`.
    gates : mapping of str to str
        Verdict by gate.
    why : mapping of str to str
        Reason of the verdict, by gate; and by metric, why it could not be measured.
    seconds : mapping of str to float
        Wall time by step; steps shared by techniques count for the first of them.

    Examples
    --------
    >>> from djtrans.evaluation import Outcome
    >>> Outcome(pair="a to b", technique="djtrans/fade", reason="A is too short").ok
    False
    """

    pair: str
    technique: str
    reason: str = ""
    bars: int = 0
    shared_swap: bool = False
    values: Mapping[str, float | None] = attrs.field(factory=dict)
    gates: Mapping[str, str] = attrs.field(factory=dict)
    why: Mapping[str, str] = attrs.field(factory=dict)
    seconds: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def ok(self) -> bool:
        """True if the transition was measured."""
        return not self.reason

    @classmethod
    def from_dict(cls, values: Any) -> Outcome:
        """Create an outcome from the result of :func:`attrs.asdict`.

        Raises
        ------
        FormatError
            If `values` is no such dict.
        """
        known = {field.name for field in attrs.fields(cls)}
        if not isinstance(values, dict) or not {"pair", "technique"} <= values.keys() <= known:
            raise FormatError("This is no result of an evaluation; delete it and run again.")
        return cls(**values)


@attrs.frozen(kw_only=True)
class Comparison:
    """Outcomes of several techniques on several pairs.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One for each pair and technique.
    skipped : tuple of (str, str)
        Files that were skipped, and why.
    metrics : tuple of MetricValue
        Values to compare, in order; by default those of all registered metrics.

    See Also
    --------
    compare : Measures the outcomes.
    write_report : Writes a comparison as tables and a plot.

    Examples
    --------
    >>> from djtrans.evaluation import Comparison, Outcome
    >>> comparison = Comparison(
    ...     outcomes=[
    ...         Outcome(pair=f"pair {i}", technique="djtrans/fade", values={"clicks": float(i)})
    ...         for i in range(3)
    ...     ]
    ... )
    >>> comparison.medians("djtrans/fade")["clicks"].median
    1.0
    """

    outcomes: tuple[Outcome, ...] = attrs.field(converter=as_tuple)
    skipped: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=as_tuple)
    metrics: tuple[MetricValue, ...] = attrs.field(factory=metric_values, converter=as_tuple)

    @property
    def techniques(self) -> tuple[str, ...]:
        """Qualified names of the techniques, in the requested order."""
        return tuple(dict.fromkeys(outcome.technique for outcome in self.outcomes))

    @property
    def pairs(self) -> tuple[str, ...]:
        """Names of the pairs, in order."""
        return tuple(dict.fromkeys(outcome.pair for outcome in self.outcomes))

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Outcomes without measurements."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)

    def measured(self, technique: str) -> tuple[Outcome, ...]:
        """Return the measured outcomes of a technique."""
        return tuple(o for o in self.outcomes if o.technique == technique and o.ok)

    def medians(self, technique: str) -> dict[str, Estimate]:
        """Compute the median over the pairs with its interval, by metric."""
        outcomes = self.measured(technique)
        return {
            metric.name: median_interval(o.values.get(metric.name) for o in outcomes)
            for metric in self.metrics
        }

    def differences(self, technique: str, baseline: str) -> dict[str, Estimate]:
        """Compute the median paired difference to a baseline, by metric.

        Pairs differ more than techniques do; differences on the same pair remove that variance.
        """
        if baseline not in self.techniques:
            raise InputError(
                f"The technique {baseline!r} was not evaluated. "
                f"{did_you_mean(baseline, self.techniques)}"
            )
        others = {outcome.pair: outcome.values for outcome in self.measured(baseline)}
        both = [(o.values, others[o.pair]) for o in self.measured(technique) if o.pair in others]
        return {
            metric.name: median_interval(
                _difference(values.get(metric.name), reference.get(metric.name))
                for values, reference in both
            )
            for metric in self.metrics
        }

    def verdicts(self, technique: str) -> dict[str, dict[str, int]]:
        """Count the transitions with each verdict, by gate."""
        outcomes = self.measured(technique)
        gates = dict.fromkeys(gate for outcome in outcomes for gate in outcome.gates)
        return {
            gate: {v: sum(o.gates.get(gate) == v for o in outcomes) for v in VERDICTS}
            for gate in gates
        }


def worse(comparison: Comparison, baseline: str) -> Iterable[tuple[str, str, Estimate]]:
    """Yield metrics in which a technique is significantly worse than a baseline.

    The interval of the paired difference then excludes 0.

    Parameters
    ----------
    comparison : Comparison
        Results.
    baseline : str
        Qualified name of a technique.

    Yields
    ------
    tuple of (technique, metric, Estimate of the difference)
    """
    signs = {"lower": 1.0, "higher": -1.0}
    for technique in comparison.techniques:
        if technique == baseline:
            continue
        differences = comparison.differences(technique, baseline)
        for metric in comparison.metrics:
            estimate, sign = differences[metric.name], signs.get(metric.better)
            if sign is None or estimate.low is None or estimate.high is None:
                continue
            if min(sign * estimate.low, sign * estimate.high) > 0:
                yield technique, metric.name, estimate


def _difference(value: float | None, reference: float | None) -> float | None:
    return None if value is None or reference is None else value - reference
