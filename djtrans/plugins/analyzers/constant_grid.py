"""The ``constant-grid`` analyzer: each part's finding feeds the next."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.audio.loudness import programme_lufs
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.analysis import Analysis, Levels
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers import ConstantGridConfig
from djtrans.plugins.analyzers.bar_beat import bar_beat
from djtrans.plugins.analyzers.bar_levels import bar_levels
from djtrans.plugins.analyzers.drift import follow_beats
from djtrans.plugins.analyzers.hearing import Heard, hear
from djtrans.plugins.analyzers.key import find_key
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BEAT
from djtrans.plugins.analyzers.sections import features_per_bar, find_phrases, find_sections
from djtrans.plugins.analyzers.steady import SteadyBeats, find_steady_beats
from djtrans.plugins.analyzers.straighten import Straightened, straighten
from djtrans.plugins.analyzers.tempo import Tempo, find_tempo
from djtrans.plugins.analyzers.vocal import bar_vocals

_SHORTEST_SECONDS = 8.0
_FEWEST_BARS = 4
_BEATS_PER_BAR = 4
#: A peak below this (-80 dB full scale) is silence.
_SILENCE_PEAK = 1e-4
#: A beat that lies this little outside the track still belongs to it.
_EDGE_SECONDS = 0.03
#: A constant grid that fits worse, or from which the music strays further, is doubted: the track
#: may drift. Constant tracks, real and synthesized, stray by 0.2 to 2.8 ms.
_DOUBT, _DOUBT_SECONDS = 0.8, 0.004
#: A drifting grid fits more easily than a constant one: it is trusted so much less, and must then
#: still fit better than the constant one by so much.
_FOLLOWED_TRUST, _FOLLOWED_GAIN = 0.9, 0.05


class ConstantGridAnalyzer:
    """Beat grid (of one constant tempo where there is one), sections, phrases, key and levels.

    Parameters
    ----------
    config : ConstantGridConfig, optional

    Notes
    -----
    The grid is found for the whole track at once, so that it stays exact where the drums are
    silent. Where one tempo does not explain the track, its beats are followed, and ``constant`` is
    false.
    """

    def __init__(self, config: ConstantGridConfig | None = None) -> None:
        self.config = config or ConstantGridConfig()

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: FractionCallback | None = None
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

        heard = hear(mono, sample_rate, self.config.hop_seconds)
        tell(0.3)
        beats = find_steady_beats(heard, self._tempo(heard))
        tell(0.5)
        straight, listened = None, heard
        if beats.fit < _DOUBT or beats.pulse.deviation > _DOUBT_SECONDS:
            even, heard_even, followed = self._follow(heard, mono, sample_rate)
            if followed.fit > beats.fit + _FOLLOWED_GAIN:
                straight, listened, beats = even, heard_even, followed
        grid = _grid(beats, straight, duration)
        bar_zero = _even_bar_zero(beats, grid)
        tell(0.7)
        level_db, low_db = bar_levels(samples, sample_rate, grid.downbeat_times[: grid.bars + 1])
        sections = find_sections(
            features_per_bar(beats.features, _first_slot(beats, bar_zero), grid.bars),
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
            key=find_key(heard.chroma.strength),
            levels=_levels(audio, sample_rate),
            bar_level_db=level_db,
            bar_low_db=low_db,
            bar_vocal=bar_vocals(samples, sample_rate, grid.downbeat_times[: grid.bars + 1]),
            bar_beat=bar_beat(listened.attacks, beats.pulse, bar_zero, grid.bars, grid.confidence),
        )
        tell(1.0)
        return analysis

    def _tempo(self, heard: Heard) -> Tempo:
        config = self.config
        return find_tempo(
            heard.onsets,
            heard.bands.frame_rate,
            config.min_bpm,
            config.max_bpm,
            config.preferred_bpm,
        )

    def _follow(
        self, heard: Heard, mono: NDArray[np.float32], sample_rate: int
    ) -> tuple[Straightened, Heard, SteadyBeats]:
        """The track played evenly, what is heard then, and its beats."""
        config, rate = self.config, heard.bands.frame_rate
        position = follow_beats(
            heard.onsets, rate, config.min_bpm, config.max_bpm, config.preferred_bpm
        )
        straight = straighten(mono, sample_rate, position, rate)
        even = hear(straight.audio, sample_rate, config.hop_seconds)
        beats = find_steady_beats(even, self._tempo(even))
        return straight, even, attrs.evolve(beats, fit=_FOLLOWED_TRUST * beats.fit)


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
            f"The track is silent (peak {amplitude_to_db(peak, amin=1e-10):.0f} dB full scale): "
            "nothing can be heard; give audio that peaks above -80 dB."
        )
    return samples


def _grid(beats: SteadyBeats, straight: Straightened | None, duration: float) -> BeatGrid:
    """Every beat of the track; `straight` leads back to where a drifting track has them."""
    pulse = beats.pulse
    beat_of_one = round((beats.one_seconds - pulse.offset) / pulse.period)
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
    count = np.arange(earliest, latest + 1, dtype=np.float64)
    times = pulse.offset + count * pulse.period
    bpm = 60.0 / pulse.period
    if straight is not None:
        times = straight.original_time(times)
        bpm = 60.0 / float(np.median(np.diff(times)))
    return BeatGrid(
        beat_times=times,
        first_downbeat=first_downbeat,
        bpm=bpm,
        beats_per_bar=_BEATS_PER_BAR,
        constant=straight is None,
        confidence=beats.confidence,
        downbeat_confidence=beats.downbeat_confidence,
    )


def _even_bar_zero(beats: SteadyBeats, grid: BeatGrid) -> float:
    """When bar 0 starts where the beats are even; the same as in the track if it does not drift."""
    pulse = beats.pulse
    earliest = int(np.ceil((-_EDGE_SECONDS - pulse.offset) / pulse.period))
    return pulse.offset + (earliest + grid.first_downbeat) * pulse.period


def _first_slot(beats: SteadyBeats, bar_zero: float) -> int:
    """The sixteenth of the features with which bar 0 starts."""
    slot_seconds = beats.pulse.period / SLOTS_PER_BEAT
    return round((bar_zero - beats.first_slot_seconds) / slot_seconds)


def _levels(audio: Tensor, sample_rate: int) -> Levels:
    integrated, short_term = programme_lufs(audio, sample_rate)
    return Levels(integrated, float(np.percentile(short_term, 95)))
