"""The ``librosa`` analyzer: librosa's algorithms with their defaults, as a reference."""

from __future__ import annotations

from itertools import pairwise

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.polarity import to_mono
from djtrans.core.audio.validation import require_sound
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.plugins.analyzers import LibrosaConfig
from djtrans.plugins.analyzers.bar_similarity import BarSimilarity
from djtrans.plugins.analyzers.chroma import chroma_per_bar
from djtrans.plugins.analyzers.grid_analysis import analysis_on_grid
from djtrans.plugins.analyzers.key import find_key
from djtrans.plugins.analyzers.librosa_beats import HOP_SAMPLES, track_grid
from djtrans.plugins.analyzers.sections import sections_between

_SHORTEST_SECONDS = 8.0
_LOWEST_RATE = 8000
#: librosa's default sample rate in Hz, which its other defaults assume.
_RATE = 22050


class LibrosaAnalyzer:
    """Analyzer with librosa's beats, chroma and segmentation.

    Parameters
    ----------
    config : LibrosaConfig, optional
        Settings; by default those of :class:`LibrosaConfig`.

    Notes
    -----
    Some parts of an analysis have no counterpart in librosa. Downbeats and the confidence of the
    grid follow the rules of :mod:`djtrans.plugins.analyzers.librosa_beats`. As in ``constant-grid``
    the key is found by profiles (here on librosa's chroma), sections are labelled by their levels,
    phrases have eight bars, and levels and vocals are measured.
    """

    def __init__(self, config: LibrosaConfig | None = None) -> None:
        self.config = config or LibrosaConfig()

    def analyze(
        self, audio: Tensor, sample_rate: int, progress: FractionCallback | None = None
    ) -> Analysis:
        """Analyze a whole track.

        Parameters
        ----------
        audio : Tensor
            ``[channels, samples]`` float32.
        sample_rate : int
            In Hz, 8000 or more.
        progress : callable, optional
            Called with the fraction done, 0 to 1.

        Returns
        -------
        Analysis

        Raises
        ------
        ShapeError
            If the audio is not ``[channels, samples]``.
        InputError
            If it is silent, not finite, too short, or without beats.
        """
        report = progress or (lambda done: None)
        require_sound(audio, sample_rate, _SHORTEST_SECONDS, what="The track")
        if sample_rate < _LOWEST_RATE:
            raise InputError(
                f"A sample rate of {sample_rate} Hz is too low; give {_LOWEST_RATE} Hz or more."
            )
        samples: NDArray[np.float32] = audio.detach().to("cpu", torch.float32).numpy()
        mono = _mono(samples, sample_rate)
        report(0.1)
        grid = track_grid(mono, _RATE, self.config.start_bpm)
        report(0.3)
        chroma = librosa.feature.chroma_cqt(y=mono, sr=_RATE, hop_length=HOP_SAMPLES)
        report(0.6)
        features = _bar_features(mono, chroma, grid)
        edges = _segment(features, self.config.section_bars)
        similarity = BarSimilarity.of(features)
        report(0.7)
        notes = chroma.T.astype(np.float64)
        analysis = analysis_on_grid(
            audio,
            sample_rate,
            grid,
            find_key(notes),
            lambda levels: sections_between(edges, similarity, levels),
            bar_chroma=chroma_per_bar(
                notes, _RATE / HOP_SAMPLES, grid.downbeat_times[: grid.bars + 1]
            ),
        )
        report(1.0)
        return analysis


def _mono(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Mix to mono at librosa's rate."""
    mono = to_mono(samples)[0]
    resampled: NDArray[np.float32] = librosa.resample(mono, orig_sr=sample_rate, target_sr=_RATE)
    return resampled


def _bar_features(
    mono: NDArray[np.float32], chroma: NDArray[np.float32], grid: BeatGrid
) -> NDArray[np.float64]:
    """Average timbre (MFCC) and harmony (chroma) over each bar, ``[bars, features]``, standardized.

    Each row has unit variance over the track.
    """
    timbre = librosa.feature.mfcc(y=mono, sr=_RATE, hop_length=HOP_SAMPLES)
    frames = np.concatenate([timbre, chroma[:, : timbre.shape[1]]]).astype(np.float64)
    edges = librosa.time_to_frames(grid.downbeat_times, sr=_RATE, hop_length=HOP_SAMPLES)
    edges = np.clip(edges[: grid.bars + 1], 0, frames.shape[1])
    bars = librosa.util.sync(frames, [slice(*part) for part in pairwise(edges)])
    spread = bars.std(axis=1, keepdims=True)
    standardized: NDArray[np.float64] = (bars - bars.mean(axis=1, keepdims=True)) / (spread + 1e-9)
    return standardized.T


def _segment(features: NDArray[np.float64], section_bars: int) -> list[int]:
    """Segment ``[bars, features]`` into sections; return their edges from 0 to the last bar."""
    bars = len(features)
    count = max(1, round(bars / section_bars))
    starts = librosa.segment.agglomerative(features.T, count)
    return [*(int(start) for start in starts), bars]
