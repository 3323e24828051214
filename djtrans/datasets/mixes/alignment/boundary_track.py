"""One of the two tracks of a boundary: its file, where it was found, and its sound there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import attrs
from torch import Tensor

from djtrans.core.audio.io import load_audio
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import DjtransError
from djtrans.core.track.tracklist import TracklistEntry
from djtrans.datasets.mixes.alignment.excerpt import SourceRecord, lay
from djtrans.datasets.mixes.alignment.location import Place, Sound, locate

#: Excerpts are written at this rate, in Hz.
SAMPLE_RATE = 44100


@attrs.frozen
class Side:
    """A track of a boundary as it was looked for.

    Attributes
    ----------
    entry : TracklistEntry
    file : Path or None
        None where no file is named like it.
    place : Place or None
        Where it plays in the part of the mix that was searched.
    sound : Sound or None
    why : str
        Why there is no place.
    """

    entry: TracklistEntry
    file: Path | None
    place: Place | None = None
    sound: Sound | None = None
    why: str = ""

    def searched(self, mix: Sound, progress: FractionCallback | None = None) -> Side:
        """The track looked for in a mix."""
        if self.file is None:
            return self
        try:
            sound = _sound(self.file)
        except DjtransError as error:
            return attrs.evolve(self, why=str(error))
        place = locate(mix, sound, progress)
        why = "" if place else "it is not heard around the boundary"
        return attrs.evolve(self, place=place, sound=sound, why=why)

    def laid(self, start: float, stop: float, mix: Tensor) -> Tensor | None:
        """The track on the clock of the mix, as long as ``mix [channels, samples]``.

        Parameters
        ----------
        start, stop : float
            In seconds of the part that was searched.
        mix : Tensor
            What is heard there.
        """
        if self.place is None or self.file is None:
            return None
        audio = _audio(self.file)
        if mix.shape[0] == 1:
            audio = audio.mean(dim=0, keepdim=True)
        laid = lay(audio.expand(mix.shape[0], -1), SAMPLE_RATE, self.place, start, stop)
        return laid[:, : mix.shape[-1]]

    def record(self, start: float, span: tuple[float, float] | None) -> SourceRecord:
        """What is written of it.

        Parameters
        ----------
        start : float
            Of the excerpt, in seconds of the part that was searched.
        span : tuple of float, optional
            From when to when it is heard, likewise.
        """
        entry, place = self.entry, self.place
        plain = SourceRecord(
            artist=entry.artist,
            title=entry.title,
            mix=entry.mix,
            file=self.file.name if self.file else "",
            why=self.why,
        )
        if place is None:
            return plain
        return attrs.evolve(
            plain,
            aligned=True,
            rate=place.line.rate,
            at_zero=place.line.track(start),
            semitones=place.semitones,
            confidence=place.confidence,
            spread_ms=1000.0 * place.spread_seconds,
            heard=None if span is None else (span[0] - start, span[1] - start),
        )


@lru_cache(maxsize=2)
def _audio(file: Path) -> Tensor:
    return load_audio(file, SAMPLE_RATE)[0]


@lru_cache(maxsize=2)
def _sound(file: Path) -> Sound:
    return Sound.of(_audio(file), SAMPLE_RATE)
