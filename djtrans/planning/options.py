"""Options of the planner: length, position, tempo and alignment of a transition."""

from __future__ import annotations

import math

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.errors import InputError

#: Lengths that a window may have, in bars.
WINDOW_BARS = (1, 2, 4, 8, 16, 24, 32, 48, 64)
#: Names for the tempo of the window, beside a number of BPM.
TEMPOS = ("auto", "a", "b", "ramp")
#: Largest tempo change unless the user or the technique gives another limit, as a fraction.
STRETCH_LIMIT = 0.08
#: Range of the tempos that can be requested, in BPM.
SLOWEST_BPM, FASTEST_BPM = 30.0, 300.0


@attrs.frozen(kw_only=True)
class PlanOptions:
    """Options of the planner.

    Attributes
    ----------
    bars : int
        Length of the window, one of :data:`WINDOW_BARS`; 0 lets the planner choose.
    cue_a_seconds, cue_b_seconds : float or None
        Start of the window in each track; moved to the nearest downbeat.
    swap_a_seconds, swap_b_seconds : float or None
        Position of the swap in each track instead; moved to the nearest downbeat.
    earliest_a_seconds : float or None
        Track time of A before which the window does not start.
    earliest_swap_a_seconds, latest_swap_a_seconds : float or None
        Track times of A between which the swap lies. With a latest one, A may be left early.
    tempo : str
        ``"auto"``, ``"a"``, ``"b"``, ``"ramp"`` (from A's to B's, bar by bar) or a number of beats
        per minute.
    stretch_limit : float or None
        Largest tempo change, as a fraction. None, the default, is :data:`STRETCH_LIMIT`, or the
        technique's own limit if that is larger.
    shift_beats : int or None
        Beats by which B's downbeats are moved later, 0 to 3; None estimates it from the audio.
    nudge_ms : float
        Delay of B relative to its beat grid; negative is earlier.
    key_shift : int
        Semitones by which B is transposed.
    ease_bars : int
        Bars outside the window over which a stretched track returns to its own tempo, and the least
        number of bars after it over which B returns to its own level; 0 leaves both as they are.
    keep_a, keep_b : float
        Least part of A that is played up to the end of the window, and of B from its start on,
        0 to 1. A part before A's cue or after B's end counts as played.
    frames_per_beat : int
        Frames per beat of the curves: 2, 4 or 8.

    Raises
    ------
    InputError
        If an option is not allowed, or two exclude each other.

    See Also
    --------
    djtrans.plan_transition : Takes these options.

    Examples
    --------
    >>> import djtrans.planning
    >>> options = djtrans.planning.PlanOptions(bars=16, tempo="128")
    >>> options.bpm
    128.0
    """

    bars: int = 0
    cue_a_seconds: float | None = None
    cue_b_seconds: float | None = None
    swap_a_seconds: float | None = None
    swap_b_seconds: float | None = None
    earliest_a_seconds: float | None = None
    earliest_swap_a_seconds: float | None = None
    latest_swap_a_seconds: float | None = None
    tempo: str = setting("auto", "auto, a, b, ramp, or beats per minute.")
    stretch_limit: float | None = attrs.field(
        default=None, metadata={"help": "Largest tempo change, as a fraction."}
    )
    shift_beats: int | None = None
    nudge_ms: float = setting(
        0.0, "Delay of B against its beat grid.", unit="ms", minimum=-500.0, maximum=500.0
    )
    key_shift: int = setting(0, "Transposition of B.", unit="semitones", minimum=-6, maximum=6)
    ease_bars: int = setting(16, "Bars to return to own tempo and level.", minimum=0, maximum=64)
    keep_a: float = setting(
        0.75, "Least part of A that is played before it ends.", minimum=0.0, maximum=1.0
    )
    keep_b: float = setting(
        0.75, "Least part of B that is played from its start on.", minimum=0.0, maximum=1.0
    )
    frames_per_beat: int = setting(2, "Frames per beat.", choices=(2, 4, 8))

    def __attrs_post_init__(self) -> None:
        if self.bars not in (0, *WINDOW_BARS):
            lengths = ", ".join(map(str, WINDOW_BARS[:-1]))
            raise InputError(
                f"bars = {self.bars!r} is not allowed; give {lengths} or {WINDOW_BARS[-1]}, or "
                "leave it out."
            )
        for name in "ab":
            if None not in (self.cue_seconds(name), self.swap_seconds(name)):
                raise InputError(
                    f"Both the cue and the swap of {name.upper()} are given; give only one. The "
                    "technique determines the distance from the cue to the swap."
                )
        if self.shift_beats not in (None, 0, 1, 2, 3):
            raise InputError(
                f"shift_beats = {self.shift_beats!r} is not allowed; give 0, 1, 2 or 3, or leave "
                "it out to estimate it from the audio."
            )
        if self.stretch_limit is not None and not 0.0 <= self.stretch_limit <= 0.5:
            raise InputError(
                f"stretch_limit = {self.stretch_limit!r} is not allowed; give 0 to 0.5, or leave "
                "it out."
            )
        if self.tempo not in TEMPOS and self.bpm is None:
            raise InputError(
                f"tempo = {self.tempo!r} is not allowed; give auto, a, b, ramp, or a tempo of "
                f"{SLOWEST_BPM:g} to {FASTEST_BPM:g} BPM."
            )

    def cue_seconds(self, name: str) -> float | None:
        """Return the cue of track ``"a"`` or ``"b"``."""
        return self.cue_a_seconds if name == "a" else self.cue_b_seconds

    def swap_seconds(self, name: str) -> float | None:
        """Return the swap of track ``"a"`` or ``"b"``."""
        return self.swap_a_seconds if name == "a" else self.swap_b_seconds

    def placed(self, name: str) -> bool:
        """Return True if the position of a track is given."""
        return self.cue_seconds(name) is not None or self.swap_seconds(name) is not None

    def allows_a(self, start_seconds: float, swap_seconds: float) -> bool:
        """Return True if a window of A may start, and its swap lie, at these track times."""
        return (
            start_seconds >= _or(self.earliest_a_seconds, -math.inf)
            and swap_seconds >= _or(self.earliest_swap_a_seconds, -math.inf)
            and swap_seconds <= _or(self.latest_swap_a_seconds, math.inf)
        )

    def keep(self, name: str) -> float:
        """Return the least part of track ``"a"`` or ``"b"`` that is played."""
        return self.keep_a if name == "a" else self.keep_b

    @property
    def bpm(self) -> float | None:
        """Tempo in BPM if it was given as a number, else None."""
        try:
            value = float(self.tempo)
        except ValueError:
            return None
        return value if math.isfinite(value) and SLOWEST_BPM <= value <= FASTEST_BPM else None


def _or(seconds: float | None, unlimited: float) -> float:
    return unlimited if seconds is None else seconds


def nearest_bars(duration_seconds: float, bpm: float, beats_per_bar: int = 4) -> int:
    """Return the window length, in bars, that is nearest to a duration.

    Parameters
    ----------
    duration_seconds : float
        More than 0.
    bpm : float
        Tempo of the window.
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
