"""The ``constant-grid`` analyzer: each part's finding feeds the next."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.analysis import Analysis, Levels
from djtrans.core.beat_grid import BeatGrid
from djtrans.core.contracts import Progress
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.loudness import programme_lufs
from djtrans.plugins.analyzers import ConstantGridConfig
from djtrans.plugins.analyzers.attacks import find_attacks
from djtrans.plugins.analyzers.bar_levels import bar_levels
from djtrans.plugins.analyzers.chroma import chroma_per_slot, find_chroma
from djtrans.plugins.analyzers.downbeat import find_downbeat
from djtrans.plugins.analyzers.key import find_key
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BEAT, slot_features
from djtrans.plugins.analyzers.onsets import band_energies, onset_strength
from djtrans.plugins.analyzers.phase import Pulse, coarse_offset, refine_pulse
from djtrans.plugins.analyzers.sections import features_per_bar, find_phrases, find_sections
from djtrans.plugins.analyzers.tempo import Tempo, find_tempo
from djtrans.plugins.analyzers.vocal import bar_vocals

_SHORTEST_SECONDS = 8.0
_FEWEST_BARS = 4
_BEATS_PER_BAR = 4
#: A peak below this (-80 dB full scale) is silence.
_SILENCE_PEAK = 1e-4
#: A beat that lies this little outside the track still belongs to it.
_EDGE_SECONDS = 0.03
#: Straying from the beat by this much halves the confidence.
_HALF_SURE_SECONDS = 0.010


class ConstantGridAnalyzer:
    """Beat grid of one constant tempo, downbeats, sections, phrases, key and levels.

    Parameters
    ----------
    config : ConstantGridConfig, optional

    Notes
    -----
    The grid is found for the whole track at once, so that it stays exact where the drums are
    silent. Where the tempo drifts the grid is still constant, and its confidence is low.
    """

    def __init__(self, config: ConstantGridConfig | None = None) -> None:
        self.config = config or ConstantGridConfig()

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: Progress | None = None
    ) -> Analysis:
        """Analysis of a whole track.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            In Hz, 8000 or more.
        progress : callable, optional
            Told how much is done, 0 to 1.

        Returns
        -------
        Analysis

        Raises
        ------
        ShapeError
            If the audio is not ``[channels, samples]``.
        InputError
            If it is silent, not finite, or too short for four bars.
        """
        tell: Callable[[float], None] = progress or (lambda done: None)
        samples = _checked(audio, sample_rate)
        mono = np.ascontiguousarray(samples.mean(axis=0))
        if np.abs(mono).max() < 0.1 * np.abs(samples).max():
            # Channels in opposite phase cancel; one of them tells as much.
            mono = np.ascontiguousarray(samples[0])
        duration = samples.shape[1] / sample_rate
        tell(0.02)

        bands = band_energies(mono, sample_rate, self.config.hop_seconds)
        onsets = onset_strength(bands)
        tell(0.15)
        tempo = find_tempo(
            onsets,
            bands.frame_rate,
            self.config.min_bpm,
            self.config.max_bpm,
            self.config.preferred_bpm,
        )
        tell(0.25)
        attacks = find_attacks(mono, sample_rate)
        period = 60.0 / tempo.bpm
        pulse = refine_pulse(attacks, period, coarse_offset(attacks, period))
        tell(0.5)
        chroma = find_chroma(mono, sample_rate)
        features = slot_features(bands, onsets, pulse.period, pulse.offset)
        slot_seconds = pulse.period / SLOTS_PER_BEAT
        first = pulse.offset % slot_seconds
        harmony = chroma_per_slot(chroma, first, slot_seconds, len(features))
        downbeat = find_downbeat(attacks, features, harmony, pulse.period, first)
        one = first + downbeat.slot * slot_seconds
        pulse = refine_pulse(attacks, pulse.period, one % pulse.period)
        grid = _grid(
            pulse,
            one,
            duration,
            _confidence(tempo, pulse, downbeat.beat_confidence),
            downbeat.confidence,
        )
        tell(0.7)
        level_db, low_db = bar_levels(samples, sample_rate, grid.downbeat_times[: grid.bars + 1])
        first_slot = round((grid.time_of_bar(0) - first) / slot_seconds)
        sections = find_sections(
            features_per_bar(features, first_slot, grid.bars),
            level_db,
            low_db,
            self.config.section_threshold,
        )
        tell(0.8)
        analysis = Analysis(
            duration_seconds=duration,
            grid=grid,
            sections=sections,
            phrases=find_phrases(sections),
            key=find_key(chroma.strength),
            levels=_levels(audio, sample_rate),
            bar_level_db=level_db,
            bar_low_db=low_db,
            bar_vocal=bar_vocals(samples, sample_rate, grid.downbeat_times[: grid.bars + 1]),
        )
        tell(1.0)
        return analysis


def _checked(audio: Tensor, sample_rate: int) -> NDArray[np.float32]:
    if not isinstance(audio, Tensor) or audio.ndim != 2 or audio.shape[0] < 1:
        shape = tuple(audio.shape) if isinstance(audio, Tensor) else type(audio).__name__
        raise ShapeError(
            f"Cannot analyze audio of shape {shape}; give a tensor [channels, samples]."
        )
    if sample_rate < 8000:
        raise InputError(
            f"A sample rate of {sample_rate} Hz is too low to hear beats; give 8000 Hz or more."
        )
    seconds = audio.shape[1] / sample_rate
    if seconds < _SHORTEST_SECONDS:
        raise InputError(
            f"The track is {seconds:.1f} s long; a beat grid needs at least "
            f"{_SHORTEST_SECONDS:g} s and {_FEWEST_BARS} bars."
        )
    samples: NDArray[np.float32] = audio.detach().to("cpu", torch.float32).numpy()
    peak = float(np.abs(samples).max())
    if not np.isfinite(peak):
        raise InputError(
            "The audio holds values that are not finite (NaN or infinity); "
            "decode the file again or repair it."
        )
    if peak < _SILENCE_PEAK:
        raise InputError(
            f"The track is silent (peak {20 * np.log10(max(peak, 1e-10)):.0f} dB full scale): "
            "nothing can be heard; give audio that peaks above -80 dB."
        )
    return samples


def _grid(
    pulse: Pulse, one: float, duration: float, confidence: float, downbeat_confidence: float
) -> BeatGrid:
    """Every beat of the track, from a pulse and the time of about a one."""
    beat_of_one = round((one - pulse.offset) / pulse.period)
    earliest = int(np.ceil((-_EDGE_SECONDS - pulse.offset) / pulse.period))
    latest = int(np.floor((duration + _EDGE_SECONDS - pulse.offset) / pulse.period))
    first_downbeat = (beat_of_one - earliest) % _BEATS_PER_BAR
    bars = (latest - earliest - first_downbeat) // _BEATS_PER_BAR
    if bars < _FEWEST_BARS:
        needed = (_FEWEST_BARS + 1) * _BEATS_PER_BAR * pulse.period
        raise InputError(
            f"The track holds {max(bars, 0)} whole bars at {60 / pulse.period:.1f} BPM; at least "
            f"{_FEWEST_BARS} are needed: give {needed:.0f} s or more."
        )
    beats = np.arange(earliest, latest + 1, dtype=np.float64)
    return BeatGrid(
        beat_times=pulse.offset + beats * pulse.period,
        first_downbeat=first_downbeat,
        bpm=60.0 / pulse.period,
        beats_per_bar=_BEATS_PER_BAR,
        constant=True,
        confidence=confidence,
        downbeat_confidence=downbeat_confidence,
    )


def _confidence(tempo: Tempo, pulse: Pulse, beat_confidence: float) -> float:
    """Clear tempo, attacks that keep to the sixteenths, and no straying, all at once."""
    steady = 1.0 / (1.0 + (pulse.deviation / _HALF_SURE_SECONDS) ** 2)
    return tempo.clarity * min(1.0, 4.0 * pulse.focus) * steady * beat_confidence


def _levels(audio: Tensor, sample_rate: int) -> Levels:
    integrated, short_term = programme_lufs(audio, sample_rate)
    return Levels(integrated, float(np.percentile(short_term, 95)))
