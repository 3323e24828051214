"""Declarations of the built-in metrics and their values."""

from __future__ import annotations

from collections.abc import Iterable

from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.metric import MetricDeclaration, MetricValue


def _value(name: str, unit: str, better: str, summary: str) -> MetricValue:
    return MetricValue(name=name, unit=unit, better=better, summary=summary)


@hookimpl
def djtrans_metrics() -> Iterable[MetricDeclaration]:
    """Declare the metrics of ``docs/metrics.md``, in the order of its table."""
    yield MetricDeclaration(
        name="audibility",
        summary="Beats on which both tracks are audible.",
        factory="djtrans.metrics.components:Audibility",
        values=(
            _value(
                "both_audible_beats",
                "beats",
                "description",
                "Beats on which both tracks are audible: the basis of every overlap metric.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="beat-offset",
        summary="Offset of B's beats against A's, from the rendered contributions.",
        factory="djtrans.metrics.components:BeatOffsets",
        values=(
            _value(
                "beat_offset_mean_ms",
                "ms",
                "description",
                "Mean offset of B's beats; late is positive.",
            ),
            _value("beat_offset_p95_ms", "ms", "lower", "95th percentile of the absolute offset."),
            _value(
                "beat_offset_spread_ms",
                "ms",
                "lower",
                "Standard deviation of the offset: how well the beats stay together.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="phrase-alignment",
        summary="Distances of the window from the phrase boundaries of both tracks.",
        factory="djtrans.metrics.components:PhraseDistances",
        values=(
            _value(
                "phrase_start_a_beats",
                "beats",
                "lower",
                "From the window's start to the nearest phrase boundary of A.",
            ),
            _value(
                "phrase_start_b_beats",
                "beats",
                "lower",
                "From the window's start to the nearest phrase boundary of B.",
            ),
            _value(
                "phrase_swap_a_beats",
                "beats",
                "lower",
                "From the window's swap to the nearest phrase boundary of A.",
            ),
            _value(
                "phrase_swap_b_beats",
                "beats",
                "lower",
                "From the window's swap to the nearest phrase boundary of B.",
            ),
            _value(
                "phrase_end_a_beats",
                "beats",
                "lower",
                "From the window's end to the nearest phrase boundary of A.",
            ),
            _value(
                "phrase_end_b_beats",
                "beats",
                "lower",
                "From the window's end to the nearest phrase boundary of B.",
            ),
            _value(
                "phrase_chance_a",
                "fraction",
                "description",
                "Fraction of A's bar lines that are phrase boundaries: the chance level.",
            ),
            _value(
                "phrase_chance_b",
                "fraction",
                "description",
                "Fraction of B's bar lines that are phrase boundaries: the chance level.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="tempo-change",
        summary="Largest tempo change of each track.",
        factory="djtrans.metrics.components:TempoChanges",
        values=(
            _value(
                "tempo_change_a_percent",
                "%",
                "description",
                "Largest tempo change of A against its file.",
            ),
            _value(
                "tempo_change_b_percent",
                "%",
                "description",
                "Largest tempo change of B against its file.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="key-distance",
        summary="Distance of the keys on the Camelot wheel.",
        factory="djtrans.metrics.components:KeyDistance",
        values=(
            _value(
                "key_distance_steps", "steps", "lower", "Distance of the keys on the Camelot wheel."
            ),
        ),
    )
    yield MetricDeclaration(
        name="consonance",
        summary="Consonance of the notes of both tracks.",
        factory="djtrans.metrics.components:Consonance",
        values=(
            _value(
                "chroma_consonance",
                "1",
                "higher",
                "Consonance of the notes of both: 1 unison, 0 chance.",
            ),
        ),
        references=(
            "Plomp and Levelt, Tonal consonance and critical bandwidth, JASA 38(4), 1965",
            "Sethares, Tuning, Timbre, Spectrum, Scale, 2nd edition, Springer, 2005",
        ),
    )
    yield MetricDeclaration(
        name="bass-overlap",
        summary="Beats with two basses, and beats that miss the bass.",
        factory="djtrans.metrics.components:Bass",
        values=(
            _value("bass_overlap_beats", "beats", "lower", "Beats with two basses."),
            _value(
                "bass_missing_beats",
                "beats",
                "lower",
                "Beats without bass although one of the tracks has some there.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="low-end",
        summary="Excess of the low end over the louder track's own.",
        factory="djtrans.metrics.components:LowEnd",
        values=(
            _value(
                "low_end_excess_db",
                "dB",
                "lower",
                "Level of the low end above the louder track's own.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="vocal-clash",
        summary="Beats with two singers, and sung lines that are cut.",
        factory="djtrans.metrics.components:VocalClash",
        values=(
            _value("vocal_clash_beats", "beats", "lower", "Beats with two singers."),
            _value("vocal_line_cuts", "lines", "lower", "Sung lines that a fader cuts."),
        ),
    )
    yield MetricDeclaration(
        name="level",
        summary="Dips, bumps and holes in the loudness of the mix.",
        factory="djtrans.metrics.components:Level",
        values=(
            _value(
                "loudness_dip_lu",
                "LU",
                "lower",
                "Drop of the loudness below that of the music itself.",
            ),
            _value(
                "loudness_bump_lu",
                "LU",
                "lower",
                "Rise of the loudness above that of the music itself.",
            ),
            _value(
                "longest_hole_ms",
                "ms",
                "lower",
                "Longest interval well under the level of the music around it.",
            ),
            _value("dead_air_ms", "ms", "lower", "Longest interval of near silence in the mix."),
        ),
        references=(
            "ITU-R BS.1770-5, 2023",
            "EBU R 128, 2023",
        ),
    )
    yield MetricDeclaration(
        name="placement",
        summary="Loudness after the swap against that before it, and music that is left out.",
        factory="djtrans.metrics.components:Placed",
        values=(
            _value(
                "arrival_drop_lu",
                "LU",
                "lower",
                "Drop of the loudness at the swap, over 8 bars, from the louder of mix and A.",
            ),
            _value("unplayed_a_seconds", "s", "lower", "Music of A after the window."),
            _value("skipped_b_seconds", "s", "lower", "Music of B before the window."),
        ),
    )
    yield MetricDeclaration(
        name="peaks",
        summary="True peak and clipped samples.",
        factory="djtrans.metrics.components:Peak",
        values=(
            _value("true_peak_dbtp", "dBTP", "lower", "True peak."),
            _value("clipped_samples", "samples", "lower", "Samples at or beyond full scale."),
        ),
        references=("ITU-R BS.1770-5, 2023",),
    )
    yield MetricDeclaration(
        name="masking",
        summary="Time and frequency in which neither track covers the other.",
        factory="djtrans.metrics.components:Masking",
        values=(
            _value(
                "masking_fraction",
                "fraction",
                "lower",
                "Fraction of the audible cells in which both tracks are within 6 dB.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="clicks",
        summary="Clicks that neither track has.",
        factory="djtrans.metrics.components:Clicks",
        values=(_value("clicks", "clicks", "lower", "Clicks that neither track has."),),
    )
    yield MetricDeclaration(
        name="window-ends",
        summary="Errors and leaks on the beats next to the window.",
        factory="djtrans.metrics.components:WindowEnds",
        values=(
            _value(
                "start_error_a_db",
                "dB",
                "lower",
                "Difference of A from itself on the beat before the window.",
            ),
            _value("start_leak_b_db", "dB", "lower", "Level of B on the beat before the window."),
            _value(
                "stop_leak_a_db",
                "dB",
                "description",
                "Level of A on the beat after the window; effects may ring.",
            ),
            _value(
                "stop_error_b_db",
                "dB",
                "lower",
                "Difference of B from itself on the beat after the window.",
            ),
        ),
    )
    yield MetricDeclaration(
        name="curve-motion",
        summary="How much the curves move.",
        factory="djtrans.metrics.components:CurveMotions",
        values=(
            _value("curves_moving", "parameters", "description", "Parameters that move."),
            _value(
                "curve_total_variation",
                "ranges",
                "description",
                "Total variation of a moving parameter, in parts of its range.",
            ),
            _value(
                "curve_steepest",
                "ranges/beat",
                "description",
                "Largest change within a frame, per beat.",
            ),
        ),
    )
