"""The built-in metrics as components: the values of the shared results, by their names."""

from __future__ import annotations

import math
from typing import TypeAlias

from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.metrics import shared_results as results
from djtrans.metrics.placement import placement
from djtrans.metrics.vocals import vocals

Values: TypeAlias = "dict[str, float | None]"


class WithoutSettings:
    """Base of the built-in metrics, none of which has anything to configure."""

    def __init__(self, config: NoConfig) -> None:
        pass


class Audibility(WithoutSettings):
    """Number of beats on which both tracks are audible."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        return {"both_audible_beats": int(inputs.shared(results.audible_beats).sum())}


class BeatOffsets(WithoutSettings):
    """Offset of B's beats against A's."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        offset = inputs.shared(results.offset_of_beats)
        return {
            "beat_offset_mean_ms": offset.mean_ms,
            "beat_offset_p95_ms": offset.p95_ms,
            "beat_offset_spread_ms": offset.spread_ms,
        }


class PhraseDistances(WithoutSettings):
    """Distances from the window to the phrase boundaries of both tracks."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        values: Values = {}
        for side, track in zip("ab", inputs.shared(results.phrases), strict=True):
            values |= {
                f"phrase_start_{side}_beats": track.start,
                f"phrase_swap_{side}_beats": track.swap,
                f"phrase_end_{side}_beats": track.end,
                f"phrase_chance_{side}": track.chance,
            }
        return values


class TempoChanges(WithoutSettings):
    """Largest tempo change of each track."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        a, b = inputs.shared(results.tempo_changes)
        return {"tempo_change_a_percent": a, "tempo_change_b_percent": b}


class KeyDistance(WithoutSettings):
    """Distance of the keys."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        return {"key_distance_steps": inputs.shared(results.keys).steps}


class Consonance(WithoutSettings):
    """Consonance of the notes of both tracks."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        return {"chroma_consonance": inputs.shared(results.consonance)}


class Bass(WithoutSettings):
    """Beats with two basses, and beats without one."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        bass = inputs.shared(results.bass)
        return {
            "bass_overlap_beats": bass.beats,
            "bass_missing_beats": bass.beats_without_bass,
        }


class LowEnd(WithoutSettings):
    """Excess of the low end over the louder track's."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        return {"low_end_excess_db": inputs.shared(results.low_end_excess)}


class VocalClash(WithoutSettings):
    """Clashing and cut vocals."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        found = inputs.shared(vocals)
        return {"vocal_clash_beats": found.clash_beats, "vocal_line_cuts": found.line_cuts}


class Level(WithoutSettings):
    """Dip, bump and longest hole."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        profile = inputs.shared(results.levels)
        return {
            "loudness_dip_lu": profile.dip_lu,
            "loudness_bump_lu": profile.bump_lu,
            "longest_hole_ms": profile.longest_hole_ms,
            "dead_air_ms": inputs.shared(results.dead_air),
        }


class Placed(WithoutSettings):
    """Drop of the loudness at the swap, and music that is left out."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        found = inputs.shared(placement)
        return {
            "arrival_drop_lu": found.arrival_drop_lu,
            "unplayed_a_seconds": found.unplayed_a_seconds,
            "skipped_b_seconds": found.skipped_b_seconds,
        }


class Peak(WithoutSettings):
    """True peak and clipped samples."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition; silence has no true peak."""
        peaks = inputs.shared(results.peaks_of_mix)
        true_peak = peaks.true_peak_db if math.isfinite(peaks.true_peak_db) else None
        return {"true_peak_dbtp": true_peak, "clipped_samples": peaks.clipped_samples}


class Masking(WithoutSettings):
    """Fraction in which neither track covers the other."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        return {"masking_fraction": inputs.shared(results.masking)}


class Clicks(WithoutSettings):
    """Number of clicks."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        return {"clicks": len(inputs.shared(results.click_seconds))}


class WindowEnds(WithoutSettings):
    """Errors and leaks at the ends of the window."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        ends = inputs.shared(results.ends_of_window)
        return {
            "start_error_a_db": ends.start_error_a_db,
            "start_leak_b_db": ends.start_leak_b_db,
            "stop_leak_a_db": ends.stop_leak_a_db,
            "stop_error_b_db": ends.stop_error_b_db,
        }


class CurveMotions(WithoutSettings):
    """Motion of the curves."""

    def measure(self, inputs: MetricInputs) -> Values:
        """Measure one transition."""
        motion = inputs.shared(results.motion)
        return {
            "curves_moving": motion.moving,
            "curve_total_variation": motion.total_variation,
            "curve_steepest": motion.steepest,
        }
