"""A request whose features are fixed numbers, for comparing models and encoders over versions."""

from __future__ import annotations

import torch

from djtrans import mixer_layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.features import TrackFeatures
from djtrans.core.transition.plan import BeatSection

STEMS = ("drums", "bass", "vocals", "other")
FRAMES = 32


def fixed_request(extra_a=None, extra_b=None):
    """Four bars, swap in the middle; every array is a ramp modulo something, without random."""
    return CurveRequest(
        mixer_layout(),
        FRAMES,
        swap_beat=8,
        technique="djtrans/bass-swap",
        seed=7,
        place_a="phrase",
        place_b="intro-end",
        key_distance=1,
        phrase_beats_a=(0.0, 8.0),
        phrase_beats_b=(8.0, 16.0),
        features_a=_features(37, 123.0, -9.0, 0.0, extra_a or {}),
        features_b=_features(53, 126.0, -12.0, 0.02, extra_b or {}),
    )


def _features(step, bpm, reference_db, stretch, extra):
    def ramp(*shape):
        count = int(torch.Size(shape).numel())
        return ((torch.arange(count) * step) % 101).reshape(shape).float() / 101

    return TrackFeatures(
        bpm=bpm,
        beat_times=torch.arange(FRAMES // 2 + 1, dtype=torch.float64) * 60 / bpm,
        level_db=ramp(FRAMES, 4, 3) * -80,
        onset=ramp(FRAMES, 4),
        vocal=ramp(FRAMES),
        reference_db=reference_db,
        stem_names=STEMS,
        stretch=stretch,
        phrase_beats=(0.0, 8.0, 16.0),
        sections=(BeatSection("build", -8.0, 8.0, -10.0), BeatSection("drop", 8.0, 40.0)),
        extra=extra,
    )
