"""The single numbers among the measurements: their stable names, units and directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from djtrans.metrics.measure import TransitionMetrics


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
    better: Literal["lower", "higher", "description"]
    summary: str
    of: Callable[[TransitionMetrics], float | None] = attrs.field(repr=False)


METRICS: tuple[Metric, ...] = (
    Metric(
        "both_audible_beats",
        "beats",
        "description",
        "Beats on which both tracks are heard: what every overlap metric looks at.",
        lambda m: m.both_audible_beats,
    ),
    Metric(
        "beat_offset_mean_ms",
        "ms",
        "description",
        "Mean offset of B's beats; late is positive.",
        lambda m: m.beat_offset.mean_ms,
    ),
    Metric(
        "beat_offset_p95_ms",
        "ms",
        "lower",
        "95th percentile of the size of the offset.",
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
        "phrase_start_a_beats",
        "beats",
        "lower",
        "From the window's start to the nearest phrase line of A.",
        lambda m: m.phrases_a.start,
    ),
    Metric(
        "phrase_start_b_beats",
        "beats",
        "lower",
        "From the window's start to the nearest phrase line of B.",
        lambda m: m.phrases_b.start,
    ),
    Metric(
        "phrase_swap_a_beats",
        "beats",
        "lower",
        "From the window's swap to the nearest phrase line of A.",
        lambda m: m.phrases_a.swap,
    ),
    Metric(
        "phrase_swap_b_beats",
        "beats",
        "lower",
        "From the window's swap to the nearest phrase line of B.",
        lambda m: m.phrases_b.swap,
    ),
    Metric(
        "phrase_end_a_beats",
        "beats",
        "lower",
        "From the window's end to the nearest phrase line of A.",
        lambda m: m.phrases_a.end,
    ),
    Metric(
        "phrase_end_b_beats",
        "beats",
        "lower",
        "From the window's end to the nearest phrase line of B.",
        lambda m: m.phrases_b.end,
    ),
    Metric(
        "phrase_chance_a",
        "fraction",
        "description",
        "Part of A's bar lines that are phrase lines: the chance level.",
        lambda m: m.phrases_a.chance,
    ),
    Metric(
        "phrase_chance_b",
        "fraction",
        "description",
        "Part of B's bar lines that are phrase lines: the chance level.",
        lambda m: m.phrases_b.chance,
    ),
    Metric(
        "tempo_change_a_percent",
        "%",
        "description",
        "Largest tempo change of A against its file.",
        lambda m: m.tempo_change_a_percent,
    ),
    Metric(
        "tempo_change_b_percent",
        "%",
        "description",
        "Largest tempo change of B against its file.",
        lambda m: m.tempo_change_b_percent,
    ),
    Metric(
        "key_distance_steps",
        "steps",
        "lower",
        "Distance of the keys on the Camelot wheel.",
        lambda m: m.key.steps,
    ),
    Metric(
        "chroma_consonance",
        "1",
        "higher",
        "How the notes of both go together: 1 unison, 0 chance.",
        lambda m: m.consonance,
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
        "low_end_excess_db",
        "dB",
        "lower",
        "How far the low end rises above the louder track's own.",
        lambda m: m.low_end_excess_db,
    ),
    Metric(
        "vocal_clash_beats",
        "beats",
        "lower",
        "Beats with two singers.",
        lambda m: m.vocals.clash_beats,
    ),
    Metric(
        "vocal_line_cuts",
        "lines",
        "lower",
        "Sung lines that a fader cuts.",
        lambda m: m.vocals.line_cuts,
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
        "Longest stretch well under the level of the music around it.",
        lambda m: m.level_profile.longest_hole_ms,
    ),
    Metric(
        "true_peak_dbtp",
        "dBTP",
        "lower",
        "True peak.",
        lambda m: m.peaks.true_peak_db,
    ),
    Metric(
        "clipped_samples",
        "samples",
        "lower",
        "Samples at or beyond full scale.",
        lambda m: m.peaks.clipped_samples,
    ),
    Metric(
        "masking_fraction",
        "fraction",
        "lower",
        "Part of what is heard in which both tracks are within 6 dB.",
        lambda m: m.masking_fraction,
    ),
    Metric(
        "clicks",
        "clicks",
        "lower",
        "Clicks that neither track has.",
        lambda m: len(m.click_seconds),
    ),
    Metric(
        "start_error_a_db",
        "dB",
        "lower",
        "What A differs from itself on the beat before the window.",
        lambda m: m.ends.start_error_a_db,
    ),
    Metric(
        "start_leak_b_db",
        "dB",
        "lower",
        "What is heard of B on the beat before the window.",
        lambda m: m.ends.start_leak_b_db,
    ),
    Metric(
        "stop_leak_a_db",
        "dB",
        "description",
        "What is heard of A on the beat after the window; effects may ring.",
        lambda m: m.ends.stop_leak_a_db,
    ),
    Metric(
        "stop_error_b_db",
        "dB",
        "lower",
        "What B differs from itself on the beat after the window.",
        lambda m: m.ends.stop_error_b_db,
    ),
    Metric(
        "curves_moving",
        "parameters",
        "description",
        "Parameters that move.",
        lambda m: m.curves.moving,
    ),
    Metric(
        "curve_total_variation",
        "ranges",
        "description",
        "Way that a moving parameter goes, in parts of its range.",
        lambda m: m.curves.total_variation,
    ),
    Metric(
        "curve_steepest",
        "ranges/beat",
        "description",
        "Largest change within a frame, per beat.",
        lambda m: m.curves.steepest,
    ),
)
