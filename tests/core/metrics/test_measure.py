"""All metrics of one transition, and how they move when it is made worse."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from djtrans.core.metrics import MetricInputs, measure

RATE = 44100


def measured(mix, a, b, solo_a, solo_b, beat_times, **more):
    return measure(
        MetricInputs(
            mix=mix,
            a=a,
            b=b,
            solo_a=solo_a,
            solo_b=solo_b,
            sample_rate=RATE,
            beat_times=beat_times,
            **more,
        )
    )


@pytest.fixture(scope="module")
def swap(loop, without_lows, beat_times):
    """A bass swap of two loops in its parts: ``swap(late_ms, exchange_beats_late)``."""

    def build(late_ms: float = 0.0, a_leaves_late_beats: int = 0):
        solo_a, solo_b = loop("hard", seed=1), loop("short", late_ms=late_ms, seed=2)
        time = np.arange(solo_a.shape[-1]) / RATE
        a_full = time < beat_times[8 + a_leaves_late_beats] - 0.01
        b_full = time >= beat_times[8] - 0.01
        a = np.where(a_full, solo_a, without_lows(solo_a))
        b = np.where(b_full, solo_b, without_lows(solo_b))
        # Fade in and out over the first and the last two beats, and let the ends stand alone.
        a = a * np.clip((beat_times[14] - time) / 0.95, 0, 1)
        b = b * np.clip((time - beat_times[2]) / 0.95, 0, 1)
        return a + b, a, b, solo_a, solo_b

    return build


def test_a_clean_swap_and_two_spoilt_ones(swap, beat_times):
    clean = measured(*swap(), beat_times)
    late = measured(*swap(late_ms=25.0), beat_times)
    clash = measured(*swap(a_leaves_late_beats=3), beat_times)
    assert clean.beat_offset.p95_ms < 3.0
    assert late.beat_offset.mean_ms - clean.beat_offset.mean_ms == pytest.approx(25.0, abs=0.5)
    assert clean.bass_overlap.beats == 0
    assert clean.bass_overlap.beats_without_bass == 0
    assert clash.bass_overlap.beats == 3
    assert clash.level_profile.bump_lu > clean.level_profile.bump_lu
    assert clash.peaks.clipped_samples > clean.peaks.clipped_samples


def test_the_dictionary_is_json(swap, beat_times):
    parts = [torch.from_numpy(part).float() for part in swap()]
    found = measured(*parts, torch.from_numpy(beat_times))
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["bass_overlap"]["beats"] == 0
    assert plain["bass_overlap"]["owners"] == ["a"] * 8 + ["b"] * 8
    assert plain["beat_offset"]["windows"] == found.beat_offset.windows > 0
    assert plain["peaks"]["true_peak_db"] == pytest.approx(found.peaks.true_peak_db)


def test_what_cannot_be_measured_is_null(loop, beat_times):
    a = loop("hard")
    found = measured(a, a, 0 * a, a, 0 * a, beat_times)
    plain = found.to_dict()
    assert plain["beat_offset"]["mean_ms"] is None
    assert plain["beat_offset"]["reason"]
