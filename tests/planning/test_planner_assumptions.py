"""Plans of tracks that violate the assumptions about dance music."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans import analyze_track, plan_transition
from djtrans.core.track.track import Track
from djtrans.registry import Registry
from djtrans.synthesis import TrackSpec, synthesize

RATE, SECONDS = 22050, 40


def track(samples, name):
    return Track(torch.from_numpy(np.asarray(samples, dtype=np.float32))[None], RATE, name)


def hits(times, per_bar):
    """A kick on every one and clicks on the other beats."""
    t = np.arange(int(0.2 * RATE)) / RATE
    kick = np.exp(-20 * t) * np.sin(2 * np.pi * (50 * t + 3 * (1 - np.exp(-60 * t))))
    click = 0.3 * np.exp(-60 * t) * np.sin(2 * np.pi * 2000 * t)
    out = np.zeros(SECONDS * RATE + len(t))
    for i, time in enumerate(times):
        at = round(time * RATE)
        out[at : at + len(t)] += 0.3 * (click if i % per_bar else kick)
    return out[: SECONDS * RATE]


def waltz():
    return hits(np.arange(0, SECONDS, 60 / 150), 3)


def rubato():
    """Between 70 and 130 beats per minute, every 17 seconds anew."""
    times = [0.0]
    while times[-1] < SECONDS:
        times.append(times[-1] + 60 / (100 + 30 * np.sin(2 * np.pi * times[-1] / 17)))
    return hits(times[:-1], 4)


def ambient():
    """Four tones that swell slowly."""
    t = np.arange(SECONDS * RATE) / RATE
    tones = ((110.0, 0.031), (164.8, 0.047), (220.0, 0.023), (277.2, 0.061))
    return sum(
        0.08 * np.sin(2 * np.pi * hz * t) * (1 + 0.5 * np.sin(2 * np.pi * slow * t))
        for hz, slow in tones
    )


def speech():
    """Syllables of a voice at 100 to 160 Hz, at irregular times, with pauses."""
    rng = np.random.default_rng(0)
    out, at = np.zeros(SECONDS * RATE), 0.3
    while at < SECONDS - 5:
        for _ in range(int(rng.integers(4, 12))):
            t = np.arange(int(rng.uniform(0.1, 0.25) * RATE)) / RATE
            hz = rng.uniform(100, 160)
            partials = (
                np.sin(2 * np.pi * hz * k * t) / k * np.exp(-(((hz * k - 600) / 500) ** 2))
                for k in range(1, 25)
            )
            start = round(at * RATE)
            out[start : start + len(t)] += 0.3 * sum(partials) * np.hanning(len(t))
            at += len(t) / RATE + rng.uniform(0.02, 0.08)
        at += rng.uniform(0.3, 1.2)
    return out


@pytest.fixture(scope="module")
def house():
    spec = TrackSpec(
        bpm=124.0,
        seed=3,
        sample_rate_hz=RATE,
        structure=(("intro", 8), ("drop", 16), ("outro", 8)),
    )
    return Track(synthesize(spec).audio, RATE, "house")


@pytest.fixture(scope="module")
def listen():
    registry = Registry(environ={}, discover=False)
    known = {}

    def plan(a, b):
        for t in (a, b):
            if t.name not in known:
                known[t.name] = analyze_track(t, cached=False, registry=registry)
        return plan_transition(known[a.name], known[b.name], tracks=(a, b), registry=registry)

    return plan


@pytest.mark.filterwarnings("ignore:B needs:UserWarning")
@pytest.mark.parametrize("make", [waltz, rubato, ambient, speech])
def test_its_beats_are_not_matched_and_it_is_not_trusted(make, house, listen):
    other = track(make(), make.__name__)
    for a, b in ((other, house), (house, other)):
        plan = listen(a, b)
        assert plan.technique.removeprefix("djtrans/") in ("fade", "echo-out", "cut")
        assert abs(plan.a.stretch_percent) < 1e-6
        assert abs(plan.b.stretch_percent) < 1e-6
        assert plan.bars <= 8
        assert plan.confidence < 0.6
        assert not plan.beat_matched
        assert "each track at its own tempo" in " ".join(plan.reasons)


def test_a_track_of_four_bars(house, listen):
    short = Track(house.audio[:, : 9 * RATE], RATE, "short")
    for a, b in ((short, house), (house, short)):
        plan = listen(a, b)
        assert plan.technique in ("djtrans/drum-bridge", "djtrans/echo-out", "djtrans/cut")
        # More bars than the track has only if A is looped.
        assert plan.bars <= (4 if plan.a.loop is None else 8)


def test_a_track_into_itself(house, listen):
    plan = listen(house, house)
    assert plan.key_distance == 0
    assert plan.b.gain_db == 0.0
    assert abs(plan.b.stretch_percent) < 1e-6
    assert plan.a.swap_bar > plan.b.swap_bar
