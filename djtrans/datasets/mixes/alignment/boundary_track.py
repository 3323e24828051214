"""A track of a boundary: its file, its location in the mix, and its aligned audio."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import attrs
from torch import Tensor

from djtrans.core.audio.io import load_audio
from djtrans.core.audio.polarity import to_mono
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import DjtransError
from djtrans.core.track.tracklist import TracklistEntry
from djtrans.datasets.mixes.alignment.excerpt import SourceRecord, align_track
from djtrans.datasets.mixes.alignment.location import Location, SearchAudio, locate

#: Excerpts are written at this rate, in Hz.
SAMPLE_RATE = 44100


@attrs.frozen
class BoundaryTrack:
    """A track of a boundary, with the result of the search for it.

    Attributes
    ----------
    entry : TracklistEntry
    file : Path or None
        None if no file has a matching name.
    location : Location or None
        Location in the part of the mix that was searched.
    audio : SearchAudio or None
    why : str
        Reason if there is no location.
    sha256 : str
        Hash of the file.
    """

    entry: TracklistEntry
    file: Path | None
    location: Location | None = None
    audio: SearchAudio | None = None
    why: str = ""
    sha256: str = ""

    def locate_in(
        self, mix: SearchAudio, progress: FractionCallback | None = None
    ) -> BoundaryTrack:
        """Search the track in a mix, and return it with its location."""
        if self.file is None:
            return self
        try:
            audio = _sound(self.file, self.sha256)
        except DjtransError as error:
            return attrs.evolve(self, why=str(error))
        location = locate(mix, audio, progress)
        why = "" if location else "it was not found around the boundary"
        return attrs.evolve(self, location=location, audio=audio, why=why)

    def aligned_audio(self, start: float, stop: float, mix: Tensor) -> Tensor | None:
        """Align the track's audio to the mix, as long as ``mix [channels, samples]``.

        Parameters
        ----------
        start, stop : float
            In seconds of the part that was searched.
        mix : Tensor
            Audio of the mix there.
        """
        if self.location is None or self.file is None:
            return None
        audio = _audio(self.file, self.sha256)
        if mix.shape[0] == 1:
            audio = to_mono(audio)
        aligned = align_track(
            audio.expand(mix.shape[0], -1), SAMPLE_RATE, self.location, start, stop
        )
        return aligned[:, : mix.shape[-1]]

    def record(self, start: float, span: tuple[float, float] | None) -> SourceRecord:
        """Return the record of the track for ``alignment.json``.

        Parameters
        ----------
        start : float
            Start of the excerpt, in seconds of the part that was searched.
        span : tuple of float, optional
            Interval in which it is audible, likewise.
        """
        entry, location = self.entry, self.location
        plain = SourceRecord(
            artist=entry.artist,
            title=entry.title,
            mix=entry.mix,
            file=self.file.name if self.file else "",
            why=self.why,
            sha256=self.sha256,
        )
        if location is None:
            return plain
        return attrs.evolve(
            plain,
            aligned=True,
            rate=location.line.rate,
            at_zero=location.line.track(start),
            semitones=location.semitones,
            confidence=location.confidence,
            spread_ms=1000.0 * location.spread_seconds,
            heard=None if span is None else (span[0] - start, span[1] - start),
        )


@lru_cache(maxsize=2)
def _audio(file: Path, sha256: str) -> Tensor:
    return load_audio(file, SAMPLE_RATE)[0]


@lru_cache(maxsize=2)
def _sound(file: Path, sha256: str) -> SearchAudio:
    return SearchAudio.of(_audio(file, sha256), SAMPLE_RATE)
