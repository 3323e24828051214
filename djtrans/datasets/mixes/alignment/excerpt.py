"""An excerpt of a mix around a boundary, with its tracks laid on its clock, as a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.audio.io import write_audio
from djtrans.core.audio.loudness import unclipped_gain
from djtrans.core.audio.pitch_shift import pitch_factor
from djtrans.core.audio.warping import warp
from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing_folder
from djtrans.core.util.json_documents import read_document
from djtrans.datasets.mixes.alignment.location import Place
from djtrans.datasets.mixes.alignment.tempo_line import Line

FORMAT = "djtrans-alignment"
FORMAT_VERSION = 1
ALIGNMENT = "alignment.json"


@attrs.frozen(kw_only=True)
class SourceRecord:
    """A track of a boundary, and where it plays in the excerpt.

    Attributes
    ----------
    artist, title, mix : str
        As the tracklist has them.
    file : str
        Name of the track's file, without folder; ``""`` where there is none.
    aligned : bool
        Whether the track was found, and its audio is beside the excerpt.
    why : str
        Why it was not.
    rate : float or None
        Track seconds per second of the mix: 1.02 is 2 % faster.
    at_zero : float or None
        Track time at the start of the excerpt, in seconds.
    semitones : float or None
        How far it is transposed: 0 where its key was kept.
    confidence : float or None
        0 to 1, see :class:`~djtrans.datasets.mixes.alignment.location.Place`.
    spread_ms : float or None
        Distance of the local offsets from the line, root mean square.
    heard : tuple of float, optional
        From when to when it is heard, in seconds of the excerpt, right to about 2 s.
    """

    artist: str
    title: str
    mix: str = ""
    file: str = ""
    aligned: bool = False
    why: str = ""
    rate: float | None = None
    at_zero: float | None = None
    semitones: float | None = None
    confidence: float | None = None
    spread_ms: float | None = None
    heard: tuple[float, float] | None = None

    @property
    def summary(self) -> str:
        """Tempo, pitch and confidence of an aligned track; otherwise why it is not aligned."""
        if self.rate is None or self.confidence is None:
            return f"not aligned, {self.why}"
        pitch = f", {self.semitones:+.2f} semitones" if self.semitones else ""
        return f"tempo {100 * (self.rate - 1):+.2f} %{pitch}, confidence {self.confidence:.2f}"


@attrs.frozen(kw_only=True)
class Alignment:
    """What an excerpt is, as ``alignment.json`` holds it.

    Attributes
    ----------
    mix : str
        Title of the mix.
    mix_file : str
        Name of its file.
    start_seconds, seconds : float
        Of the excerpt within the mix.
    sample_rate : int
        In Hz.
    gain_db : float
        0 or less: by this, mix and sources were lowered alike so that none of them clips.
    boundary_seconds : float
        Where the alignment, or else the tracklist, has the second track come in, in the excerpt.
    track_a, track_b : SourceRecord
    """

    mix: str
    mix_file: str
    start_seconds: float
    seconds: float
    sample_rate: int
    boundary_seconds: float
    track_a: SourceRecord
    track_b: SourceRecord
    gain_db: float = 0.0

    @property
    def aligned(self) -> bool:
        """Whether both sources are there."""
        return self.track_a.aligned and self.track_b.aligned


def lay(audio: Tensor, sample_rate: int, place: Place, start: float, stop: float) -> Tensor:
    """A track as it sounds in a mix from `start` to `stop`, without what the mixer did to it.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    place : Place
    start, stop : float
        Seconds of the mix.

    Returns
    -------
    Tensor
        ``[channels, samples]``.
    """
    line = place.line
    if place.semitones:
        # Exactly the rate of the transposition, to which the resampler alone is enough.
        middle, rate = (start + stop) / 2, pitch_factor(place.semitones)
        line = Line(line.track(middle) - rate * middle, rate)
    points = ((start, line.track(start)), (stop, line.track(stop)))
    return warp(audio, points, sample_rate, start, stop, semitones=place.semitones)


def write_excerpt(
    folder: Path, alignment: Alignment, mix: Tensor, a: Tensor | None, b: Tensor | None
) -> Alignment:
    """Write an excerpt's folder, which appears whole or not at all.

    Parameters
    ----------
    folder : Path
        What was there before is replaced.
    alignment : Alignment
    mix, a, b : Tensor
        ``[channels, samples]``; None for a source that was not found.

    Returns
    -------
    Alignment
        As written, with its gain.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    # Stretching moves peaks; their levels relative to each other are what a fit is about.
    gain = unclipped_gain(*(audio for audio in (mix, a, b) if audio is not None))
    alignment = attrs.evolve(alignment, gain_db=amplitude_to_db(gain))
    with replacing_folder(folder) as part:
        for name, audio in (("mix", mix), ("track_a", a), ("track_b", b)):
            if audio is not None:
                write_audio(part / f"{name}.wav", audio * gain, alignment.sample_rate)
        document = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            **attrs.asdict(alignment),
        }
        (part / ALIGNMENT).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return alignment


def read_alignment(folder: str | os.PathLike[str]) -> Alignment:
    """What ``alignment.json`` of an excerpt's folder says.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it is none of ours.
    """
    file = Path(folder) / ALIGNMENT
    document = read_document(
        file,
        FORMAT,
        FORMAT_VERSION,
        expected="alignment; give a folder that 'djtrans extract' wrote",
        again="Extract it again.",
    )
    try:
        a, b = _source(document.pop("track_a")), _source(document.pop("track_b"))
        return Alignment(**document, track_a=a, track_b=b)
    except (KeyError, TypeError) as error:
        raise FormatError(f"{file} is no sound alignment: {error}. Extract it again.") from None


def _source(fields: dict[str, Any]) -> SourceRecord:
    span = fields.pop("heard", None)
    return SourceRecord(**fields, heard=None if span is None else (span[0], span[1]))
