"""Corrections of an analysis: statements on a track, by its user or by DJ software."""

from __future__ import annotations

import math

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import SECTION_LABELS
from djtrans.core.track.cue import Cue, clock
from djtrans.core.track.key import Key, parse_key

#: Tempos in BPM that a grid may have.
LOWEST_BPM, HIGHEST_BPM = 20.0, 500.0


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def check_bpm(bpm: float) -> None:
    """Raise if a tempo is out of range.

    Raises
    ------
    InputError
        If it is below 20 or above 500 BPM, or not a number.
    """
    if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
        raise InputError(
            f"A tempo of {bpm:g} BPM is out of range; give {LOWEST_BPM:g} to {HIGHEST_BPM:g} BPM."
        )


@attrs.frozen
class GridAnchor:
    """Beat at a known time, from which on a grid is constructed.

    Attributes
    ----------
    seconds : float
        Time of the beat in seconds from the first sample.
    bpm : float or None
        Tempo up to the next anchor; None if the anchor only moves the beats.
    beat : int or None
        Position in the bar, 0 for a downbeat; None if unknown.

    Raises
    ------
    InputError
        If the tempo or the position in the bar is out of range.

    Examples
    --------
    >>> from djtrans.core import GridAnchor
    >>> GridAnchor(0.25, bpm=128.0, beat=0).bpm
    128.0

    See Also
    --------
    TrackCorrections : Corrections of a track with its anchors.
    """

    seconds: float
    bpm: float | None = attrs.field(default=None, converter=_number)
    beat: int | None = None

    def __attrs_post_init__(self) -> None:
        if not math.isfinite(self.seconds):
            raise InputError("An anchor of a beat grid is not at a finite time; give seconds.")
        if self.bpm is not None:
            check_bpm(self.bpm)
        if self.beat is not None and not 0 <= self.beat < 16:
            raise InputError(
                f"beat = {self.beat} is no position in a bar; give 0 for a downbeat, 1 for the "
                "beat after it, and so on."
            )

    def __str__(self) -> str:
        tempo = "" if self.bpm is None else f" {self.bpm:.2f} BPM"
        return f"{clock(self.seconds)}{tempo}"


@attrs.frozen
class SectionMark:
    """Section of a track by its times, so that it keeps its place when the grid changes.

    Attributes
    ----------
    label : str
        One of :data:`~djtrans.core.track.analysis.SECTION_LABELS`.
    start_seconds, end_seconds : float
        From the first sample; rounded to bars where they are applied.

    Raises
    ------
    InputError
        If the label is unknown, or the end is not after the start.
    """

    label: str
    start_seconds: float
    end_seconds: float

    def __attrs_post_init__(self) -> None:
        if self.label not in SECTION_LABELS:
            raise InputError(
                f"There is no section label {self.label!r}; give {', '.join(SECTION_LABELS)}."
            )
        if not self.start_seconds < self.end_seconds < math.inf:
            raise InputError(
                f"The section {self.label} from {self.start_seconds:g} s to {self.end_seconds:g} s "
                "has no length; give an end after the start."
            )

    def __str__(self) -> str:
        return f"{self.label} {clock(self.start_seconds)}-{clock(self.end_seconds)}"


@attrs.frozen(kw_only=True)
class TrackCorrections:
    """Statements on a track; a field that is not given leaves the analysis as it is.

    Attributes
    ----------
    bpm : float or None
        Tempo of the whole track, or of the anchors without one.
    anchors : tuple of GridAnchor
        Beats at known times, in order; a new tempo or phase starts with each.
    octave_bpm : float or None
        The grid is doubled or halved until its tempo is the nearest to this one.
    downbeat_seconds : float or None
        The beat nearest to this time is a downbeat.
    key : str or None
        Key by its name, Camelot or Open Key code.
    cues : tuple of Cue
        Cue points and loops.
    sections : tuple of SectionMark
        Sections, in order and without overlap.

    Raises
    ------
    InputError
        If a value is out of range, or the anchors or sections are not in order.

    Examples
    --------
    >>> from djtrans.core import Cue, GridAnchor, TrackCorrections
    >>> own = TrackCorrections(anchors=[GridAnchor(0.25, bpm=128.0, beat=0)], key="8A")
    >>> own.stated, own.musical_key.name
    (('grid', 'key'), 'A minor')
    """

    bpm: float | None = attrs.field(default=None, converter=_number)
    anchors: tuple[GridAnchor, ...] = attrs.field(default=(), converter=as_tuple)
    octave_bpm: float | None = attrs.field(default=None, converter=_number)
    downbeat_seconds: float | None = None
    key: str | None = None
    cues: tuple[Cue, ...] = attrs.field(default=(), converter=as_tuple)
    sections: tuple[SectionMark, ...] = attrs.field(default=(), converter=as_tuple)

    def __attrs_post_init__(self) -> None:
        for tempo in (self.bpm, self.octave_bpm):
            if tempo is not None:
                check_bpm(tempo)
        if self.key is not None and parse_key(self.key) is None:
            raise InputError(
                f"{self.key!r} is no key; give a name such as 'A minor' or 'F#m', a Camelot code "
                "such as 8A, or an Open Key code such as 1m."
            )
        for before, after in zip(self.anchors, self.anchors[1:], strict=False):
            if after.seconds <= before.seconds:
                raise InputError(
                    f"The anchor at {clock(after.seconds)} is not after the one at "
                    f"{clock(before.seconds)}; give them in order, each once."
                )
        for first, second in zip(self.sections, self.sections[1:], strict=False):
            if second.start_seconds < first.end_seconds:
                raise InputError(
                    f"The sections '{first}' and '{second}' overlap or are not in order; correct "
                    "one of them."
                )

    @property
    def musical_key(self) -> Key | None:
        """The stated key; None if there is none."""
        return None if self.key is None else parse_key(self.key)

    @property
    def stated(self) -> tuple[str, ...]:
        """Parts of an analysis that are corrected: some of grid, downbeats, key, sections, cues."""
        parts = {
            "grid": self.bpm or self.anchors or self.octave_bpm,
            "downbeats": self.downbeat_seconds is not None,
            "key": self.key,
            "sections": self.sections,
            "cues": self.cues,
        }
        return tuple(name for name, stated in parts.items() if stated)

    def moved(self, seconds: float) -> TrackCorrections:
        """Move all times later: the same music in another decoding of the file."""
        if not seconds:
            return self
        return attrs.evolve(
            self,
            anchors=[attrs.evolve(a, seconds=a.seconds + seconds) for a in self.anchors],
            downbeat_seconds=None
            if self.downbeat_seconds is None
            else self.downbeat_seconds + seconds,
            cues=[cue.moved(seconds) for cue in self.cues],
            sections=[
                SectionMark(s.label, s.start_seconds + seconds, s.end_seconds + seconds)
                for s in self.sections
            ],
        )

    def check_within(self, duration_seconds: float) -> None:
        """Raise if a time is not within a track.

        Parameters
        ----------
        duration_seconds : float
            Length of the track.

        Raises
        ------
        InputError
            If there is one; the message names the field.
        """
        times = {f"The anchor at {a}": a.seconds for a in self.anchors}
        times |= {f"The cue '{cue}'": cue.seconds for cue in self.cues}
        times |= {f"The end of the loop '{c}'": c.end_seconds for c in self.cues if c.end_seconds}
        for section in self.sections:
            times[f"The start of the section '{section}'"] = section.start_seconds
            times[f"The end of the section '{section}'"] = section.end_seconds
        if self.downbeat_seconds is not None:
            times[f"The downbeat at {clock(self.downbeat_seconds)}"] = self.downbeat_seconds
        for what, seconds in times.items():
            # Sections end with the last bar, which may be all but complete.
            if not 0.0 <= seconds <= duration_seconds + _END_TOLERANCE:
                raise InputError(
                    f"{what} is not within the track; give 0 to {clock(duration_seconds)}."
                )


#: Rounding of a bar line at the end of a track, in seconds.
_END_TOLERANCE = 0.05
