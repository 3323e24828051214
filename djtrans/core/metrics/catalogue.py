"""The single numbers among the measurements: their stable names, units and directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from djtrans.core.metrics.measure import TransitionMetrics

BETTER = ("lower", "higher", "description")


@attrs.frozen
class Metric:
    """One number of a transition.

    Attributes
    ----------
    name : str
        Stable; ends in the unit where there is one.
    unit : str
    better : {"lower", "higher", "description"}
        Which way is better; a description is neither.
    summary : str
        One line.
    of : callable
        Takes it from the measurements; None if it could not be measured.
    """

    name: str
    unit: str
    better: str
    summary: str
    of: Callable[[TransitionMetrics], float | None] = attrs.field(repr=False)


METRICS: tuple[Metric, ...] = (
    Metric(
        "both_audible_beats",
        "beats",
        "description",
        "Beats on which both tracks are heard: what all overlap metrics look at.",
        lambda m: m.both_audible_beats,
    ),
    Metric(
        "beat_offset_mean_ms",
        "ms",
        "description",
        "Mean offset of B's beats, late is positive.",
        lambda m: m.beat_offset.mean_ms,
    ),
    Metric(
        "beat_offset_p95_ms",
        "ms",
        "lower",
        "95th percentile of the offset's size.",
        lambda m: m.beat_offset.p95_ms,
    ),
    Metric(
        "beat_offset_spread_ms",
        "ms",
        "lower",
        "Standard deviation of the offset: whether they keep one beat.",
        lambda m: m.beat_offset.spread_ms,
    ),
    Metric(
        "bass_overlap_beats",
        "beats",
        "lower",
        "Beats with two basses.",
        lambda m: m.bass_overlap.beats,
    ),
    Metric(
        "bass_missing_beats",
        "beats",
        "lower",
        "Beats without bass although one of the tracks has some there.",
        lambda m: m.bass_overlap.beats_without_bass,
    ),
    Metric(
        "loudness_dip_lu",
        "LU",
        "lower",
        "How far the loudness falls below what the music itself would do.",
        lambda m: m.level_profile.dip_lu,
    ),
    Metric(
        "loudness_bump_lu",
        "LU",
        "lower",
        "How far it rises above.",
        lambda m: m.level_profile.bump_lu,
    ),
    Metric(
        "longest_hole_ms",
        "ms",
        "lower",
        "Longest stretch well under the level around it.",
        lambda m: m.level_profile.longest_hole_ms,
    ),
    Metric("true_peak_dbtp", "dBTP", "lower", "True peak.", lambda m: m.peaks.true_peak_db),
    Metric(
        "clipped_samples",
        "samples",
        "lower",
        "Samples at or beyond full scale.",
        lambda m: m.peaks.clipped_samples,
    ),
)
