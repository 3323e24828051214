"""The ``beat-this`` analyzer: beats and downbeats of the network Beat This! [1]_.

References
----------
.. [1] F. Foscarin, J. Schlüter and G. Widmer, "Beat this! Accurate beat tracking without DBN
   postprocessing", ISMIR 2024.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.polarity import to_mono
from djtrans.core.audio.validation import require_sound
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers import BeatThisConfig
from djtrans.plugins.analyzers.beat_this_weights import load_network
from djtrans.plugins.analyzers.chroma import chroma_per_bar, find_chroma
from djtrans.plugins.analyzers.grid_analysis import analysis_on_grid
from djtrans.plugins.analyzers.key import find_key
from djtrans.plugins.analyzers.novelty import grid_features
from djtrans.plugins.analyzers.onsets import band_energies, onset_strength
from djtrans.plugins.analyzers.sections import features_per_bar, find_sections
from djtrans.plugins.analyzers.tracked_beats import (
    BEATS_PER_BAR,
    count_beats,
    extend_beats,
    require_bars,
    require_beats,
)

_TRACKER = "The network beat_this"
_SHORTEST_SECONDS = 8.0
_HOP_SECONDS = 0.005
#: Frames per second of the network.
_RATE = 50.0
#: RMS deviation from even beats of a constant tempo: whole frames alone deviate by 5.8 ms.
_CONSTANT_SECONDS = 0.010
#: Deviation of an interval from whole beats, as a fraction of a beat, from which on it is uneven.
_UNEVEN = 0.1


class BeatThisAnalyzer:
    """Analyzer with the beats and downbeats of a trained network; all else as in ``constant-grid``.

    Parameters
    ----------
    config : BeatThisConfig, optional
        Settings; by default those of :class:`BeatThisConfig`.

    Notes
    -----
    The network's beats lie on frames of 20 ms. Where they keep to a constant tempo within that
    resolution, the grid is the line through them; otherwise it has the beats themselves, and even
    ones where the network leaves some out. Bars have four beats. Confidences are the network's
    probabilities, times the fraction of even intervals or of downbeats that agree; they are not
    calibrated.
    """

    def __init__(self, config: BeatThisConfig | None = None) -> None:
        self.config = config or BeatThisConfig()

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: FractionCallback | None = None
    ) -> Analysis:
        """Analyze a whole track.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            In Hz.
        progress : callable, optional
            Called with the fraction done, 0 to 1.

        Returns
        -------
        Analysis

        Raises
        ------
        DependencyError
            If the package beat_this cannot be imported.
        ShapeError, InputError
            If the audio is not ``[channels, samples]``, silent, not finite, too short or without
            beats, or if the weights cannot be used.
        """
        report = progress or (lambda done: None)
        require_sound(audio, sample_rate, _SHORTEST_SECONDS, what="The track")
        network, pick = load_network(self.config.checkpoint, self.config.device)
        mono = to_mono(audio.detach().cpu().float().numpy())[0]
        report(0.1)
        logits = network(mono, sample_rate)
        beat, downbeat = (1.0 / (1.0 + np.exp(-x.cpu().numpy().astype(float))) for x in logits)
        report(0.5)
        beats, downbeats = pick(*logits)
        grid = network_grid(beats, downbeats, beat, downbeat, len(mono) / sample_rate)
        bands = band_energies(mono, sample_rate, _HOP_SECONDS)
        features = features_per_bar(grid_features(bands, onset_strength(bands), grid), 0, grid.bars)
        report(0.6)
        chroma = find_chroma(mono, sample_rate)
        key = find_key(chroma.strength)
        report(0.8)
        clarity = _probability(beat, grid.beat_times)[grid.first_downbeat :]
        analysis = analysis_on_grid(
            audio,
            sample_rate,
            grid,
            key,
            lambda levels: find_sections(features, levels, 1.0),
            clarity[: grid.bars * BEATS_PER_BAR].reshape(-1, BEATS_PER_BAR).mean(axis=1),
            chroma_per_bar(
                chroma.strength, chroma.frame_rate, grid.downbeat_times[: grid.bars + 1]
            ),
        )
        report(1.0)
        return analysis


def network_grid(
    beats: NDArray[np.float64],
    downbeats: NDArray[np.float64],
    beat: NDArray[np.float64],
    downbeat: NDArray[np.float64],
    duration: float,
) -> BeatGrid:
    """Build the grid of a whole track.

    Parameters
    ----------
    beats, downbeats : ndarray
        Seconds, increasing; downbeats are beats.
    beat, downbeat : ndarray
        ``[frames]`` probabilities at 50 frames per second.
    duration : float
        Length of the track in seconds.

    Returns
    -------
    BeatGrid

    Raises
    ------
    InputError
        If there are fewer than two beats, or four whole bars.
    """
    require_beats(beats, _TRACKER)
    number = count_beats(beats)
    every = np.arange(number[-1] + 1)
    period, start = np.polyfit(number, beats, 1)
    constant = bool(np.std(beats - start - period * number) < _CONSTANT_SECONDS)
    inner = start + period * every if constant else np.interp(every, number, beats)
    before, times = extend_beats(inner, float(period), duration)
    intervals = np.diff(beats) / period
    even = np.abs(intervals - np.round(intervals)) < _UNEVEN
    place = number[np.searchsorted(beats, downbeats)] + before
    votes = np.bincount(place % BEATS_PER_BAR, minlength=BEATS_PER_BAR)
    # A share of one in four is chance.
    agreement = (BEATS_PER_BAR * votes.max() / max(votes.sum(), 1) - 1.0) / (BEATS_PER_BAR - 1.0)
    sure = _probability(downbeat, downbeats).mean() if len(downbeats) else 0.0
    grid = BeatGrid(
        beat_times=times,
        first_downbeat=int(votes.argmax()),
        bpm=60.0 / float(period),
        beats_per_bar=BEATS_PER_BAR,
        constant=constant,
        confidence=float(_probability(beat, beats).mean() * even.mean()),
        downbeat_confidence=float(max(0.0, agreement) * sure),
    )
    require_bars(grid, _TRACKER)
    return grid


def _probability(frames: NDArray[np.float64], seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the highest probability within a frame of each time; 0 outside the track."""
    padded = np.pad(frames, 1)
    highest = np.max([padded[:-2], padded[1:-1], padded[2:]], axis=0)
    at = np.round(seconds * _RATE).astype(np.int64)
    inside = (at >= 0) & (at < len(highest))
    return np.where(inside, highest[np.clip(at, 0, len(highest) - 1)], 0.0)
