"""Ready stems, looked up by the position of the audio in its track."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from djtrans.core.audio.io import audio_seconds, load_window
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import find_stem_files
from djtrans.core.track.stem_names import STEMS
from djtrans.plugins.separators import FolderConfig

#: Stems of a mastered track correlate with it above .9; those of another track, or of this one
#: from another start, near 0.
_MIN_CORRELATION = 0.5
#: RMS below which a stretch of audio is taken for silence.
_SILENCE = 1e-3


class FolderSeparator:
    """Reads drums, bass, vocals and other from a folder.

    The files must start with the track's first sample. They may have another sample rate and
    another channel count than the audio.
    """

    def __init__(self, config: FolderConfig) -> None:
        if not config.path:
            raise SeparationError(
                "The folder separator needs its folder; set path to the one with drums.wav, "
                "bass.wav, vocals.wav and other.wav."
            )
        self._path = config.path

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Read the stems at ``start_seconds``; see :class:`Separator`."""
        files = find_stem_files(self._path)
        channels, samples = audio.shape
        start = round(start_seconds * sample_rate)
        end = math.ceil(max(audio_seconds(file) for file in files) * sample_rate)
        self._check_reach(audio, sample_rate, start, end)
        stems = torch.zeros(len(files), channels, samples)
        for index, file in enumerate(files):
            stem = load_window(file, sample_rate, start, samples)
            # Mono to stereo is a copy to both sides, stereo to mono their mean.
            stems[index] = stem.mean(dim=0, keepdim=True) if channels == 1 else stem
            if progress:
                progress((index + 1) / len(files))
        self._check_same_track(audio, stems)
        return stems

    def _check_reach(self, audio: Tensor, sample_rate: int, start: int, end: int) -> None:
        beyond = audio[:, max(0, end - start) :]
        # Decoders and editors leave a few milliseconds; a tenth of a second is a wrong file.
        if beyond.shape[-1] > sample_rate // 10 and _rms(beyond) > _SILENCE:
            raise SeparationError(
                f"The stems in {self._path} end at {end / sample_rate:.2f} s but the track sounds "
                f"on to {(start + audio.shape[-1]) / sample_rate:.2f} s; export them in full."
            )

    def _check_same_track(self, audio: Tensor, stems: Tensor) -> None:
        if _rms(audio) < _SILENCE:
            return
        mix = stems.sum(dim=0).double()
        product = float((mix * audio).sum())
        energy = float(mix.square().sum()) * float(audio.double().square().sum())
        correlation = product / math.sqrt(energy) if energy > 0 else 0.0
        if correlation < _MIN_CORRELATION:
            raise SeparationError(
                f"The stems in {self._path} ({', '.join(STEMS)}) do not add up to this track "
                f"(correlation {correlation:.2f}); check that they are its own and start with it."
            )


def _rms(audio: Tensor) -> float:
    return float(audio.double().square().mean().sqrt()) if audio.numel() else 0.0
