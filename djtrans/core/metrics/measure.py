"""All metrics of a transition at once."""

from __future__ import annotations

import math
from typing import Any

import attrs

from djtrans.core.metrics.arrays import as_audio, check_same_length
from djtrans.core.metrics.bass_overlap import BassOverlap, bass_overlap
from djtrans.core.metrics.beat_offset import BeatOffset, beat_offset
from djtrans.core.metrics.level_profile import LevelProfile, level_profile
from djtrans.core.metrics.peaks import Peaks, peaks


@attrs.frozen
class TransitionMetrics:
    """What was measured on a rendered transition.

    Attributes
    ----------
    beat_offset : BeatOffset
    bass_overlap : BassOverlap
    level_profile : LevelProfile
    peaks : Peaks
    """

    beat_offset: BeatOffset
    bass_overlap: BassOverlap
    level_profile: LevelProfile
    peaks: Peaks

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values; infinities and what could not be measured are None."""
        plain = attrs.asdict(self)
        plain["beat_offset"]["windows"] = self.beat_offset.windows
        for name in ("beats", "fraction", "beats_without_bass"):
            plain["bass_overlap"][name] = getattr(self.bass_overlap, name)
        return {name: _jsonable(part) for name, part in plain.items()}


def measure(
    mix: Any,
    contribution_a: Any,
    contribution_b: Any,
    solo_a: Any,
    solo_b: Any,
    sample_rate: int,
    beat_times: Any,
    window_seconds: float | None = None,
) -> TransitionMetrics:
    """Measure a rendered transition.

    Parameters
    ----------
    mix, contribution_a, contribution_b : Tensor or ndarray
        ``[channels, samples]``: the result and what each track adds to it.
    solo_a, solo_b : Tensor or ndarray
        ``[channels, samples]``: the tracks before the mixer, level-trimmed, on the same clock.
    sample_rate : int
        In Hz, 8000 at least.
    beat_times : Tensor or ndarray
        ``[beats]``, seconds from the first sample: the common clock.
    window_seconds : float, optional
        Window of the level profile; 3 s, or a third of a mix shorter than 9 s.

    Returns
    -------
    TransitionMetrics

    Raises
    ------
    ShapeError, InputError
        If the audio or the beats are not as the single metrics want them.
    """
    audio = {
        "mix": as_audio(mix, "mix"),
        "contribution_a": as_audio(contribution_a, "contribution_a"),
        "contribution_b": as_audio(contribution_b, "contribution_b"),
    }
    check_same_length(**audio)
    a, b = audio["contribution_a"], audio["contribution_b"]
    if window_seconds is None:
        window_seconds = min(3.0, audio["mix"].shape[-1] / sample_rate / 3.0)
    return TransitionMetrics(
        beat_offset(a, b, sample_rate, beat_times),
        bass_overlap(a, b, sample_rate, beat_times, solo_a, solo_b),
        level_profile(audio["mix"], sample_rate, window_seconds),
        peaks(audio["mix"], sample_rate),
    )


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_jsonable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
