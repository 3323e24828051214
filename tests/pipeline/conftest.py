"""Two short tracks that lie close together."""

from __future__ import annotations

import pytest

import djtrans
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050


@pytest.fixture(scope="module")
def tracks() -> list[djtrans.Track]:
    structure = (("intro", 8), ("drop", 16))
    specs = [
        TrackSpec(bpm=bpm, seed=seed, structure=structure, sample_rate_hz=RATE)
        for seed, bpm in ((1, 172.0), (2, 170.0))
    ]
    return [djtrans.Track(synthesize(spec).audio, RATE, f"{spec.seed}") for spec in specs]
