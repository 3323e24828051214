"""Ready stems, looked up by the position of the audio in its track."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor

from djtrans.core.audio.dc_offset import without_dc
from djtrans.core.audio.file_facts import audio_seconds
from djtrans.core.audio.io import load_window
from djtrans.core.audio.polarity import channel_signs, to_mono
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import check_stems_hash, find_stem_files
from djtrans.core.track.stem_fitting import (
    LARGEST_DELAY_SECONDS,
    RESIDUAL_LIMIT_DB,
    RESIDUAL_WARNING_DB,
    StemFit,
    describe,
    fit_stems,
)
from djtrans.core.track.stem_names import STEMS
from djtrans.plugins.separators import FolderConfig

#: RMS below which a stretch of audio is taken for silence.
_SILENCE = 1e-3


class FolderSeparator:
    """Reads drums, bass, vocals and other from a folder.

    The files must start with the track's first sample. They may have another sample rate and
    another channel count than the audio. A delay of up to 250 ms and other gains are corrected,
    with a warning; stems that do not add up to the track even then are refused.
    """

    def __init__(self, config: FolderConfig) -> None:
        if not config.path:
            raise SeparationError(
                "The folder separator needs its folder; set path to the one with drums.wav, "
                "bass.wav, vocals.wav and other.wav."
            )
        self._path, self._sha256 = config.path, config.sha256

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Read the stems at ``start_seconds``; see :class:`Separator`."""
        check_stems_hash(self._path, self._sha256)
        files = find_stem_files(self._path)
        channels, samples = audio.shape
        start = round(start_seconds * sample_rate)
        end = math.ceil(max(audio_seconds(file) for file in files) * sample_rate)
        self._check_reach(audio, sample_rate, start, end)
        margin = min(round(LARGEST_DELAY_SECONDS * sample_rate), samples // 4)
        # Mono files play on both sides; stereo files of a mono track are mixed like their sum.
        stems = torch.zeros(len(files), 2, samples + 2 * margin)
        for index, file in enumerate(files):
            # Tracks are rendered without DC offset, so their stems must not have one either.
            stems[index] = without_dc(
                load_window(file, sample_rate, start - margin, samples + 2 * margin)
            )
            if progress:
                progress((index + 1) / len(files))
        if channels == 1:
            stems = to_mono(stems, channel_signs(stems.sum(dim=0)))
        if _rms(audio) < _SILENCE:
            return stems[..., margin : margin + samples]
        fit = fit_stems(stems, audio, sample_rate, margin)
        self._report(fit, sample_rate)
        corrected = [
            stem[:, margin + delay : margin + delay + samples] * gain
            for stem, delay, gain in zip(stems, fit.delays, fit.gains, strict=True)
        ]
        return torch.stack(corrected)

    def _check_reach(self, audio: Tensor, sample_rate: int, start: int, end: int) -> None:
        beyond = audio[:, max(0, end - start) :]
        # Decoders and editors leave a few milliseconds; a tenth of a second is a wrong file.
        if beyond.shape[-1] > sample_rate // 10 and _rms(beyond) > _SILENCE:
            raise SeparationError(
                f"The stems in {self._path} end at {end / sample_rate:.2f} s but the track sounds "
                f"on to {(start + audio.shape[-1]) / sample_rate:.2f} s; export them in full."
            )

    def _report(self, fit: StemFit, sample_rate: int) -> None:
        """Refuse stems of another track; warn of corrections and of what is missing."""
        if fit.residual_db > RESIDUAL_LIMIT_DB:
            raise SeparationError(
                f"The stems in {self._path} do not add up to this track: with fitted delay and "
                f"gain the residual is {fit.residual_db:.1f} dB relative to the track, and at most "
                f"{RESIDUAL_LIMIT_DB:g} dB is allowed; check that they are its own, complete, and "
                "start with it."
            )
        if absent := fit.absent:
            raise SeparationError(
                f"The stems in {self._path} do not fit this track: "
                f"{' and '.join(STEMS[i] for i in absent)} cannot be found in it, and the residual "
                f"is {fit.residual_db:.1f} dB relative to the track; give its own stems, or "
                "silence for one that it does not have."
            )
        if fit.corrects:
            warnings.warn(
                f"The stems in {self._path} do not add up to this track as they are (residual "
                f"{fit.uncorrected_db:.1f} dB relative to it); corrected by "
                f"{describe(fit, STEMS, sample_rate)}: residual {fit.residual_db:.1f} dB.",
                stacklevel=3,
            )
        if fit.residual_db > RESIDUAL_WARNING_DB:
            warnings.warn(
                f"The stems in {self._path} leave a residual of {fit.residual_db:.1f} dB relative "
                "to the track, which is added to other; check that nothing is missing, and that "
                "they were mastered like the track.",
                stacklevel=3,
            )


def _rms(audio: Tensor) -> float:
    return float(audio.double().square().mean().sqrt()) if audio.numel() else 0.0
