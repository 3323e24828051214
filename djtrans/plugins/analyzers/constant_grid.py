"""The ``constant-grid`` analyzer: beat grid, sections, key, levels and vocals."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.util.profiling import timed
from djtrans.plugins.analyzers import ConstantGridConfig
from djtrans.plugins.analyzers.bar_beat import bar_beat
from djtrans.plugins.analyzers.chroma import chroma_per_bar
from djtrans.plugins.analyzers.drift import follow_beats
from djtrans.plugins.analyzers.front_end import FrontEndFeatures, extract_front_end
from djtrans.plugins.analyzers.grid_analysis import analysis_on_grid
from djtrans.plugins.analyzers.key import find_key
from djtrans.plugins.analyzers.novelty import SLOTS_PER_BEAT
from djtrans.plugins.analyzers.sections import features_per_bar, find_sections
from djtrans.plugins.analyzers.segment import beat_position
from djtrans.plugins.analyzers.segments import find_segments
from djtrans.plugins.analyzers.signals import mono_signal
from djtrans.plugins.analyzers.steady import SteadyBeats, find_steady_beats
from djtrans.plugins.analyzers.time_warp import WarpedTrack, warp_to_constant_tempo

_SHORTEST_SECONDS = 8.0
_FEWEST_BARS = 4
_BEATS_PER_BAR = 4
#: Peak below which a track is silent (-80 dBFS).
_SILENCE_PEAK = 1e-4
#: Tolerance for beats outside the ends of the track.
_EDGE_SECONDS = 0.03
#: Minimum fit and maximum deviation of a constant grid; otherwise a drifting grid is tried.
#: Tracks of constant tempo, real and synthesized, deviate by 0.2 to 2.8 ms.
_MIN_FIT, _MAX_DEVIATION_SECONDS = 0.8, 0.004
#: A drifting grid fits more easily than a constant one: its fit is scaled by the first value, and
#: must then exceed that of the constant grid by the second.
_DRIFT_SCALE, _DRIFT_MARGIN = 0.9, 0.05
#: Factor of the confidences of beats that are not even: some jump or change may be missed.
_UNEVEN_CONFIDENCE = 0.8
#: A constant grid can fit most of a track that has segments: the fit may be this much lower.
_SEGMENTS_MARGIN = 0.2


@attrs.frozen(eq=False)
class _Uneven:
    """Beat position of each frame of a track whose beats are not even, and how it is rated."""

    position: NDArray[np.float64]
    scale: float
    margin: float
    confidence: float

    def rated(self, beats: SteadyBeats) -> SteadyBeats:
        """Lower fit and confidences of the beats of the warped track."""
        return attrs.evolve(
            beats,
            fit=self.scale * beats.fit,
            confidence=_UNEVEN_CONFIDENCE * min(self.confidence, beats.confidence),
            downbeat_confidence=_UNEVEN_CONFIDENCE * beats.downbeat_confidence,
        )


class ConstantGridAnalyzer:
    """Analyzer of beat grid, sections, phrases, key, levels and vocals.

    Parameters
    ----------
    config : ConstantGridConfig, optional
        Settings; by default those of :class:`ConstantGridConfig`.

    Notes
    -----
    A constant grid is fitted to the whole track at once and so is exact also where the drums are
    silent. If no constant tempo fits the track, its beats are tracked and ``constant`` is False.
    """

    def __init__(self, config: ConstantGridConfig | None = None) -> None:
        self.config = config or ConstantGridConfig()

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: FractionCallback | None = None
    ) -> Analysis:
        """Analyze a whole track.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            Sample rate in Hz, at least 8000.
        progress : callable, optional
            Called with the fraction that is done, 0 to 1.

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
        report: Callable[[float], None] = progress or (lambda done: None)
        samples = _checked(audio, sample_rate)
        mono = mono_signal(samples)
        duration = samples.shape[1] / sample_rate
        report(0.02)

        with timed("onsets"):
            front_end = extract_front_end(mono, sample_rate, self.config)
        report(0.3)
        with timed("beats"):
            beats = find_steady_beats(front_end)
        report(0.5)
        with timed("key"):
            chroma = front_end.chroma
            key = find_key(chroma.strength)
        with timed("tempo changes"):
            uneven = self._uneven(front_end, beats)
        # From here on only the attacks are needed, and all bands of them alike.
        attacks, frame_rate = front_end.attacks.all_bands(), front_end.bands.frame_rate
        del front_end
        warped = None
        if uneven is not None:
            candidate = warp_to_constant_tempo(mono, sample_rate, uneven.position, frame_rate)
            warped_front_end = extract_front_end(candidate.audio, sample_rate, self.config)
            warped_beats = uneven.rated(find_steady_beats(warped_front_end))
            if warped_beats.fit > beats.fit + uneven.margin:
                warped, attacks, beats = candidate, warped_front_end.attacks, warped_beats
            del warped_front_end
        grid = _grid(beats, warped, duration)
        bar_zero = _bar_zero(beats, grid)
        report(0.7)
        with timed("bars"):
            features = features_per_bar(beats.features, _first_slot(beats, bar_zero), grid.bars)
            beat = bar_beat(attacks, beats.pulse, bar_zero, grid.bars, grid.confidence)
            pitches = chroma_per_bar(
                chroma.strength, chroma.frame_rate, grid.downbeat_times[: grid.bars + 1]
            )
        analysis = analysis_on_grid(
            audio,
            sample_rate,
            grid,
            key,
            lambda levels: find_sections(features, levels, self.config.section_threshold),
            beat,
            pitches,
        )
        report(1.0)
        return analysis

    def _uneven(self, front_end: FrontEndFeatures, beats: SteadyBeats) -> _Uneven | None:
        """Find the beat positions of a track with segments, or of drifting tempo."""
        config = self.config
        bpm_range = (config.min_bpm, config.max_bpm, config.preferred_bpm)
        onsets, frame_rate = front_end.onsets, front_end.bands.frame_rate
        segments = find_segments(front_end, beats, *bpm_range)
        if len(segments) > 1:
            position = beat_position(segments, len(onsets), frame_rate)
            least = min(segment.confidence for segment in segments)
            return _Uneven(position, 1.0, -_SEGMENTS_MARGIN, least)
        if beats.fit < _MIN_FIT or beats.pulse.deviation > _MAX_DEVIATION_SECONDS:
            position = follow_beats(onsets, frame_rate, *bpm_range)
            return _Uneven(position, _DRIFT_SCALE, _DRIFT_MARGIN, 1.0)
        return None


def _checked(audio: Tensor, sample_rate: int) -> NDArray[np.float32]:
    if not isinstance(audio, Tensor) or audio.ndim != 2 or audio.shape[0] < 1:
        shape = tuple(audio.shape) if isinstance(audio, Tensor) else type(audio).__name__
        raise ShapeError(
            f"Cannot analyze audio of shape {shape}; give a tensor [channels, samples]."
        )
    if sample_rate < 8000:
        raise InputError(f"A sample rate of {sample_rate} Hz is too low; give 8000 Hz or more.")
    seconds = audio.shape[1] / sample_rate
    if seconds < _SHORTEST_SECONDS:
        raise InputError(
            f"The track is {seconds:.1f} s long; a beat grid needs at least "
            f"{_SHORTEST_SECONDS:g} s and {_FEWEST_BARS} bars."
        )
    samples: NDArray[np.float32] = audio.detach().to("cpu", torch.float32).numpy()
    highest = float(np.abs(np.array([samples.min(), samples.max()])).max())
    if not np.isfinite(highest):
        raise InputError(
            "The audio contains values that are not finite (NaN or infinity); "
            "decode the file again or repair it."
        )
    if highest < _SILENCE_PEAK:
        raise InputError(
            f"The track is silent (peak {amplitude_to_db(highest, amin=1e-10):.0f} dB full scale): "
            "nothing can be analyzed; give audio that peaks above -80 dBFS."
        )
    return samples


def _grid(beats: SteadyBeats, warped: WarpedTrack | None, duration: float) -> BeatGrid:
    """Build the grid of all beats; `warped` maps them back to the times of a drifting track."""
    pulse = beats.pulse
    beat_of_downbeat = round((beats.downbeat_seconds - pulse.offset) / pulse.period)
    earliest = int(np.ceil((-_EDGE_SECONDS - pulse.offset) / pulse.period))
    latest = int(np.floor((duration + _EDGE_SECONDS - pulse.offset) / pulse.period))
    first_downbeat = (beat_of_downbeat - earliest) % _BEATS_PER_BAR
    bars = (latest - earliest - first_downbeat) // _BEATS_PER_BAR
    if bars < _FEWEST_BARS:
        needed = (_FEWEST_BARS + 1) * _BEATS_PER_BAR * pulse.period
        raise InputError(
            f"The track has {max(bars, 0)} whole bars at {60 / pulse.period:.1f} BPM; at least "
            f"{_FEWEST_BARS} are needed: give {needed:.0f} s or more."
        )
    count = np.arange(earliest, latest + 1, dtype=np.float64)
    times = pulse.offset + count * pulse.period
    bpm = 60.0 / pulse.period
    if warped is not None:
        times = warped.original_time(times)
        bpm = 60.0 / float(np.median(np.diff(times)))
    return BeatGrid(
        beat_times=times,
        first_downbeat=first_downbeat,
        bpm=bpm,
        beats_per_bar=_BEATS_PER_BAR,
        constant=warped is None,
        confidence=beats.confidence,
        downbeat_confidence=beats.downbeat_confidence,
    )


def _bar_zero(beats: SteadyBeats, grid: BeatGrid) -> float:
    """Return the start of bar 0 in seconds, in warped time if the track drifts."""
    pulse = beats.pulse
    earliest = int(np.ceil((-_EDGE_SECONDS - pulse.offset) / pulse.period))
    return pulse.offset + (earliest + grid.first_downbeat) * pulse.period


def _first_slot(beats: SteadyBeats, bar_zero: float) -> int:
    """Return the slot of the features with which bar 0 starts."""
    slot_seconds = beats.pulse.period / SLOTS_PER_BEAT
    return round((bar_zero - beats.first_slot_seconds) / slot_seconds)
