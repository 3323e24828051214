"""Inputs of the metrics: rendered audio, beat times, and facts about the tracks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import attrs
import numpy as np

from djtrans.core.audio.arrays import (
    FloatArray,
    as_audio,
    as_beats,
    check_same_length,
    check_sample_rate,
)

T = TypeVar("T")


def _seconds(value: Any) -> FloatArray:
    return np.asarray(value, dtype=np.float64).reshape(-1)


def _array(audio: Any) -> FloatArray:
    """Tensors and arrays alike; what is wrong with one is said later, when its name is known."""
    if hasattr(audio, "detach"):
        audio = audio.detach().cpu().numpy()
    return np.atleast_2d(np.asarray(audio, dtype=np.float64))


def _array_or_none(audio: Any) -> FloatArray | None:
    return None if audio is None else _array(audio)


@attrs.frozen(eq=False, kw_only=True)
class TrackFacts:
    """Known facts of a track besides its audio; metrics that need missing ones are skipped.

    Attributes
    ----------
    phrase_lines : ndarray
        ``[lines]``, seconds from the first sample: where the track's own phrases begin; the whole
        track long, so also outside the audio.
    file_seconds : ndarray
        ``[beats]``: which second of the track's file sounds at each of the beat times.
    key : str
        Camelot code, such as ``"8A"``; empty if unknown.
    music : tuple of (float, float), or None
        Start and end of the track's music, in seconds from the first sample; the whole track long,
        so also outside the audio.
    """

    phrase_lines: FloatArray = attrs.field(factory=tuple, converter=_seconds)
    file_seconds: FloatArray = attrs.field(factory=tuple, converter=_seconds)
    key: str = ""
    music: tuple[float, float] | None = None


@attrs.frozen(eq=False, kw_only=True)
class Voices:
    """The vocals alone, or why they cannot be had.

    Attributes
    ----------
    a, b : ndarray or None
        ``[channels, samples]``: what each track's vocal stem adds to the mix.
    solo_a, solo_b : ndarray or None
        The vocal stems before the mixer.
    reason : str
        Why there are none.
    """

    a: FloatArray | None = attrs.field(default=None, converter=_array_or_none)
    b: FloatArray | None = attrs.field(default=None, converter=_array_or_none)
    solo_a: FloatArray | None = attrs.field(default=None, converter=_array_or_none)
    solo_b: FloatArray | None = attrs.field(default=None, converter=_array_or_none)
    reason: str = "no vocal stems were given"


@attrs.frozen(eq=False, kw_only=True)
class MetricInputs:
    """A rendered transition, ready to be measured. Tensors and arrays are taken alike.

    Attributes
    ----------
    mix, a, b : ndarray
        ``[channels, samples]``: the result, and what each track adds to it.
    solo_a, solo_b : ndarray
        ``[channels, samples]``: the tracks before the mixer, level-trimmed, on the same clock.
    sample_rate : int
        In Hz, 8000 at least.
    beat_times : ndarray
        ``[beats + 1]``, seconds from the first sample: the beats of the window and its end.
    swap_beat : int or None
        Beat of the window on which the exchange ends.
    beats_per_bar : int
    beat_matched : bool
        True if the beats of both tracks are meant to coincide one by one.
    track_a, track_b : TrackFacts
    voices : Voices
    curves : ndarray or None
        ``[frames, parameters]``: the curves, each as a part of its parameter's range, 0 to 1.
    frames_per_beat : float
        Frames of `curves` in a beat.
    """

    mix: FloatArray = attrs.field(converter=_array)
    a: FloatArray = attrs.field(converter=_array)
    b: FloatArray = attrs.field(converter=_array)
    solo_a: FloatArray = attrs.field(converter=_array)
    solo_b: FloatArray = attrs.field(converter=_array)
    sample_rate: int
    beat_times: FloatArray = attrs.field(converter=as_beats)
    swap_beat: int | None = None
    beats_per_bar: int = 4
    beat_matched: bool = True
    track_a: TrackFacts = attrs.field(factory=TrackFacts)
    track_b: TrackFacts = attrs.field(factory=TrackFacts)
    voices: Voices = attrs.field(factory=Voices)
    curves: FloatArray | None = None
    frames_per_beat: float = 2.0
    _shared: dict[Callable[[MetricInputs], Any], Any] = attrs.field(
        init=False, factory=dict, repr=False
    )

    def __attrs_post_init__(self) -> None:
        names = ("mix", "a", "b", "solo_a", "solo_b")
        audio = {name: getattr(self, name) for name in names}
        voices = {f"voices.{name}": getattr(self.voices, name) for name in names[1:]}
        audio |= {name: voice for name, voice in voices.items() if voice is not None}
        check_same_length(**{name: as_audio(array, name) for name, array in audio.items()})
        check_sample_rate(self.sample_rate)

    @property
    def beats(self) -> int:
        """Number of beats of the window."""
        return len(self.beat_times) - 1

    def shared(self, compute: Callable[[MetricInputs], T]) -> T:
        """Return ``compute(self)``, computed once for all metrics of this transition.

        Parameters
        ----------
        compute : callable
            A function of a module, so that all metrics that need its result pass the same object.

        Returns
        -------
        object
            Do not write to it: other metrics read it too.
        """
        if compute not in self._shared:
            self._shared[compute] = compute(self)
        return cast("T", self._shared[compute])
