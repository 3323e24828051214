"""Example track, the input of the rules for analyzers, and a constructed analysis."""

from __future__ import annotations

import functools

import numpy as np
import torch
from torch import Tensor

from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.track.stems import Stems
from djtrans.testing.example_signals import example_parts

TRACK_RATE = 22050
TRACK_BPM = 126.0


@functools.cache
def _rendered() -> Tensor:
    from djtrans.synthesis import TrackSpec, synthesize

    structure = (("intro", 4), ("drop", 8), ("outro", 4))
    spec = TrackSpec(bpm=TRACK_BPM, structure=structure, sample_rate_hz=TRACK_RATE)
    return synthesize(spec).audio


def example_track() -> Tensor:
    """Return a copy of a synthetic track of 16 bars at 126 BPM, ``[2, samples]`` at 22050 Hz."""
    return _rendered().clone()


def example_analysis(bars: int = 2, bpm: float = 120.0) -> Analysis:
    """Construct the analysis of a track of one section of `bars` bars."""
    beats = np.arange(4 * bars + 1) * 60 / bpm
    return Analysis(
        duration_seconds=float(beats[-1]),
        grid=BeatGrid(beats, 0, bpm),
        sections=(Section("drop", 0, bars),),
        phrases=(Phrase(0, bars),),
        key=Key(9, "minor"),
        levels=Levels(-9.0, -8.0),
        bar_level_db=np.full(bars, -12.0),
        bar_low_db=np.full(bars, -18.0),
    )


def example_stems(seconds: float = 4.0, sample_rate: int = 22050) -> Stems:
    """Return :func:`example_parts` as stems."""
    parts = example_parts(2, sample_rate, seconds)
    return Stems(torch.stack(list(parts.values())), tuple(parts), sample_rate)
