"""Levels that a whole track follows: of its sections, and of its end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.synthesis.dsp import Audio
from djtrans.synthesis.timeline import BEATS_PER_BAR, Timeline

_FADE_BARS = 8
_FADE_DB = -60.0
#: A change of level takes this long, and a stop.
_STEP_SECONDS, _STOP_SECONDS = 0.01, 0.05


def automate(target: Audio, timeline: Timeline) -> None:
    """Bring all stems ``[stems, 2, samples]`` to the levels of the spec, in place."""
    spec = timeline.spec
    if not spec.section_gains_db and spec.ending == "cut":
        return
    level = np.zeros(timeline.samples, dtype=np.float32)
    if spec.section_gains_db:
        _sections(level, timeline)
    if spec.ending == "fade-out":
        begin = timeline.sample_of(max(0, len(timeline.bars) - _FADE_BARS) * BEATS_PER_BAR)
        level[begin:] += np.linspace(0.0, _FADE_DB, len(level) - begin, dtype=np.float32)
    gain = db_to_amplitude(level)
    if spec.ending == "cold":
        stop = stop_sample(timeline)
        down = min(round(_STOP_SECONDS * timeline.sample_rate), len(gain) - stop)
        gain[stop : stop + down] *= np.linspace(1.0, 0.0, down, dtype=np.float32)
        gain[stop + down :] = 0.0
    target *= gain


def stop_sample(timeline: Timeline) -> int:
    """Return the sample of a cold ending, a beat into the last bar; else the end of the track."""
    if timeline.spec.ending != "cold":
        return timeline.samples
    return timeline.sample_of((len(timeline.bars) - 1) * BEATS_PER_BAR + 1)


def _sections(level: NDArray[np.float32], timeline: Timeline) -> None:
    """Compute level steps in dB that end just before each bar line, to keep downbeats whole."""
    spec = timeline.spec
    bars = np.cumsum([0] + [length for _, length in spec.structure])
    edges = [timeline.sample_of(int(bar) * BEATS_PER_BAR) for bar in bars]
    edges[0] = 0
    for (begin, end), gain in zip(pairwise(edges), spec.section_gains_db, strict=True):
        level[begin:end] += np.float32(gain)
    step = round(_STEP_SECONDS * timeline.sample_rate)
    for at, (before, after) in zip(edges[1:-1], pairwise(spec.section_gains_db), strict=True):
        level[at - step : at] = np.linspace(before, after, step, dtype=np.float32)
