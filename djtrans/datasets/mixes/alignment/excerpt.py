"""Write and read an excerpt of a mix, with its aligned tracks, as a folder."""

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
from djtrans.core.util.checksums import write_checksums
from djtrans.core.util.json_documents import MALFORMED, read_document
from djtrans.datasets.mixes.alignment.location import Location
from djtrans.datasets.mixes.alignment.tempo_line import TempoLine

FORMAT = "djtrans-alignment"
FORMAT_VERSION = 1
ALIGNMENT = "alignment.json"
#: Raised when the same inputs give another excerpt.
EXTRACTION_VERSION = 1


@attrs.frozen(kw_only=True)
class SourceRecord:
    """A track of a boundary, and its location in the excerpt.

    Attributes
    ----------
    artist, title, mix : str
        From the tracklist.
    file : str
        Name of the track's file, without folder; ``""`` if there is none.
    aligned : bool
        True if the track was found, and its aligned audio is beside the excerpt.
    why : str
        Reason if it was not found.
    rate : float or None
        Track seconds per second of the mix: 1.02 is 2 % faster.
    at_zero : float or None
        Track time at the start of the excerpt, in seconds.
    semitones : float or None
        Transposition; 0 if its key is unchanged.
    confidence : float or None
        0 to 1, see :class:`~djtrans.datasets.mixes.alignment.location.Location`.
    spread_ms : float or None
        Root mean square distance of the local offsets from the tempo line.
    heard : tuple of float, optional
        Interval in which it is audible, in seconds of the excerpt, accurate to about 2 s.
    sha256 : str
        Hash of the track's file; ``""`` if there is none.
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
    sha256: str = ""

    @property
    def summary(self) -> str:
        """Tempo, pitch and confidence of an aligned track; otherwise why it is not aligned."""
        if self.rate is None or self.confidence is None:
            return f"not aligned, {self.why}"
        pitch = f", {self.semitones:+.2f} semitones" if self.semitones else ""
        return f"tempo {100 * (self.rate - 1):+.2f} %{pitch}, confidence {self.confidence:.2f}"


@attrs.frozen(kw_only=True)
class ExcerptInputs:
    """Inputs of an excerpt beside the files of its tracks.

    Attributes
    ----------
    mix_sha256 : str
        Hash of the mix's file.
    start_seconds : float or None
        Start of the second track by the tracklist.
    resolution_seconds : float
        Of the tracklist.
    seconds : float
        Length of an excerpt without alignment.
    version : int
        Of the extraction.
    """

    mix_sha256: str
    start_seconds: float | None
    resolution_seconds: float
    seconds: float
    version: int = EXTRACTION_VERSION


@attrs.frozen(kw_only=True)
class Alignment:
    """Alignment of an excerpt: the content of ``alignment.json``.

    Attributes
    ----------
    mix : str
        Title of the mix.
    mix_file : str
        Name of its file.
    start_seconds, seconds : float
        Start and length of the excerpt within the mix.
    sample_rate : int
        In Hz.
    gain_db : float
        At most 0: gain that was applied to mix and sources to avoid clipping.
    boundary_seconds : float
        Start of the second track in the excerpt, by the alignment or else by the tracklist.
    track_a, track_b : SourceRecord
    inputs : ExcerptInputs or None
        What it was made from; None if it was written by djtrans 0.1.
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
    inputs: ExcerptInputs | None = None

    @property
    def aligned(self) -> bool:
        """True if both tracks are aligned."""
        return self.track_a.aligned and self.track_b.aligned


def align_track(
    audio: Tensor, sample_rate: int, location: Location, start: float, stop: float
) -> Tensor:
    """Warp a track to a mix from `start` to `stop`.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]``.
    sample_rate : int
        In Hz.
    location : Location
    start, stop : float
        Seconds of the mix.

    Returns
    -------
    Tensor
        ``[channels, samples]``.
    """
    line = location.line
    if location.semitones:
        # Exactly the rate of the transposition, for which resampling alone suffices.
        middle, rate = (start + stop) / 2, pitch_factor(location.semitones)
        line = TempoLine(line.track(middle) - rate * middle, rate)
    points = ((start, line.track(start)), (stop, line.track(stop)))
    return warp(audio, points, sample_rate, start, stop, semitones=location.semitones)


def write_excerpt(
    folder: Path, alignment: Alignment, mix: Tensor, a: Tensor | None, b: Tensor | None
) -> Alignment:
    """Write an excerpt's folder atomically.

    Parameters
    ----------
    folder : Path
        Replaced if it exists.
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
        If the folder cannot be written.
    """
    # Time stretching changes peaks. One gain for all preserves the relative levels for a fit.
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
        write_checksums(part)
    return alignment


def read_alignment(folder: str | os.PathLike[str]) -> Alignment:
    """Read ``alignment.json`` of an excerpt's folder.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it was not written by djtrans.
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
        made = document.pop("inputs", None)
        inputs = None if made is None else ExcerptInputs(**made)
        return Alignment(**document, track_a=a, track_b=b, inputs=inputs)
    except MALFORMED as error:
        raise FormatError(f"{file} is not a valid alignment: {error}. Extract it again.") from None


def _source(fields: dict[str, Any]) -> SourceRecord:
    span = fields.pop("heard", None)
    return SourceRecord(**fields, heard=None if span is None else (span[0], span[1]))
