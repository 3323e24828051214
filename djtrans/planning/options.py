"""What a user may ask of the planner."""

from __future__ import annotations

import math

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.errors import InputError

#: Lengths that a window may have, in bars.
WINDOW_BARS = (1, 2, 4, 8, 16, 24, 32, 48, 64)
#: Words for the tempo of the window; a number is one too.
TEMPOS = ("auto", "a", "b", "ramp")
#: Tempos that can be asked for, in beats per minute.
SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0


@attrs.frozen(kw_only=True)
class PlanOptions:
    """What a user may ask of the planner.

    Attributes
    ----------
    bars : int
        Length of the window, one of :data:`WINDOW_BARS`; 0 lets the planner choose.
    cue_a_seconds, cue_b_seconds : float or None
        Where the window starts in each track; moved to the nearest downbeat.
    swap_a_seconds, swap_b_seconds : float or None
        Where the swap lies in each track instead; moved to the nearest downbeat.
    tempo : str
        ``"auto"``, ``"a"``, ``"b"``, ``"ramp"`` (from A's to B's, bar by bar) or a number of beats
        per minute.
    stretch_limit : float
        Largest tempo change, as a fraction.
    shift_beats : int or None
        How many beats later B's one is taken to be, 0 to 3; None lets the planner listen.
    nudge_ms : float
        How much later B is played than its grid says; negative is earlier.
    key_shift : int
        Semitones by which B is transposed.
    ease_bars : int
        Bars over which a track that was held at another tempo goes back to its own, outside the
        window; 0 leaves it there.
    frames_per_beat : int
    """

    bars: int = setting(0, "Bars of the window; 0: choose.", choices=(0, *WINDOW_BARS))
    cue_a_seconds: float | None = None
    cue_b_seconds: float | None = None
    swap_a_seconds: float | None = None
    swap_b_seconds: float | None = None
    tempo: str = setting("auto", "auto, a, b, ramp, or beats per minute.")
    stretch_limit: float = setting(
        0.08, "Largest tempo change, as a fraction.", minimum=0.0, maximum=0.5
    )
    shift_beats: int | None = None
    nudge_ms: float = setting(
        0.0, "How much later B is played.", unit="ms", minimum=-500.0, maximum=500.0
    )
    key_shift: int = setting(0, "Transposition of B.", unit="semitones", minimum=-6, maximum=6)
    ease_bars: int = setting(16, "Bars back to a track's own tempo.", minimum=0, maximum=64)
    frames_per_beat: int = setting(2, "Frames per beat.", choices=(2, 4, 8))

    def __attrs_post_init__(self) -> None:
        for name in "ab":
            if None not in (self.cue_seconds(name), self.swap_seconds(name)):
                raise InputError(
                    f"Both the cue and the swap of {name.upper()} are given; give one: the window "
                    "starts at the cue, and the technique knows how far the swap is from there."
                )
        if self.shift_beats not in (None, 0, 1, 2, 3):
            raise InputError(
                f"shift_beats = {self.shift_beats!r} is not allowed; give 0, 1, 2 or 3, or leave "
                "it out to let the planner listen."
            )
        if self.tempo not in TEMPOS and self.bpm is None:
            raise InputError(
                f"tempo = {self.tempo!r} is not allowed; give auto, a, b, ramp, or a tempo of "
                f"{SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM."
            )

    def cue_seconds(self, name: str) -> float | None:
        """The cue of track ``"a"`` or ``"b"``."""
        return self.cue_a_seconds if name == "a" else self.cue_b_seconds

    def swap_seconds(self, name: str) -> float | None:
        """The swap of track ``"a"`` or ``"b"``."""
        return self.swap_a_seconds if name == "a" else self.swap_b_seconds

    def placed(self, name: str) -> bool:
        """Whether the user says where a track goes."""
        return self.cue_seconds(name) is not None or self.swap_seconds(name) is not None

    @property
    def bpm(self) -> float | None:
        """The tempo that was asked for as a number; None if it was not."""
        try:
            value = float(self.tempo)
        except ValueError:
            return None
        return value if math.isfinite(value) and SLOWEST_BPM <= value <= FASTEST_BPM else None


def nearest_bars(duration_seconds: float, bpm: float, beats_per_bar: int = 4) -> int:
    """The window length, in bars, that comes closest to a duration.

    Parameters
    ----------
    duration_seconds : float
        More than 0.
    bpm : float
        Tempo of the common clock.
    beats_per_bar : int

    Raises
    ------
    InputError
        If the duration is not positive.
    """
    if not duration_seconds > 0:
        raise InputError(f"A duration of {duration_seconds:g} s is not allowed; give more than 0.")
    bar_seconds = beats_per_bar * 60.0 / bpm
    return min(WINDOW_BARS, key=lambda bars: abs(bars * bar_seconds - duration_seconds))
