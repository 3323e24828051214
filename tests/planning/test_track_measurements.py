"""Measurements of a track that planning needs are made once."""

from __future__ import annotations

import numpy as np
import torch

import djtrans
from djtrans.planning import track_measurements
from djtrans.planning.beat_features import extract_beat_features
from djtrans.planning.track_measurements import beat_feature_extractor, peak

RATE = 22050


def make_track(seed):
    noise = torch.randn(2, 12 * RATE, generator=torch.Generator().manual_seed(seed))
    return djtrans.Track(0.1 * noise, RATE)


def test_they_are_kept_by_the_samples_and_the_beats(cache_folder, monkeypatch):
    track, other, beats = make_track(0), make_track(1), np.arange(9) * 0.5 + 1.0
    expected = extract_beat_features(track.audio.numpy(), RATE, beats)
    calls = []

    def counted(*given):
        calls.append(given)
        return extract_beat_features(*given)

    monkeypatch.setattr(track_measurements, "extract_beat_features", counted)
    for _ in range(2):
        found = beat_feature_extractor(track)(beats)
        for name in ("low", "mid", "chroma"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert len(calls) == 1
    beat_feature_extractor(track)(beats + 0.1)
    beat_feature_extractor(other)(beats)
    assert len(calls) == 3


def test_the_peak_is_that_of_the_samples(cache_folder):
    track = make_track(0)
    for _ in range(2):
        assert peak(track) == float(track.audio.abs().max())
