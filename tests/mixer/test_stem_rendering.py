"""The stems of a transition, rendered one by one, are the transition."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.curves.params import TransitionParams, conform, frame_times
from djtrans.core.track.stems import Stems
from djtrans.core.transition.alignment import AlignedTrack, Span
from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.rendering import render_window
from djtrans.mixer.stem_rendering import render_stem

RATE = 22050
BEAT = 0.5
NAMES = ("drums", "bass", "vocals", "other")


@pytest.fixture(scope="module")
def parts():
    side = TrackPlan(
        cue_seconds=0.0,
        cue_bar=0,
        swap_bar=1,
        cue_section="drop",
        swap_section="drop",
        swap_on_phrase=True,
        warp=((0.0, 0.0), (4.0, 4.0)),
        gain_db=0.0,
        bpm=120.0,
        key="8A",
    )
    beats = tuple(BEAT * i for i in range(9))
    plan = TransitionPlan(
        technique="x/y", bars=2, swap_beat=4, beat_times=beats, a=side, b=side, key_distance=0
    )
    mixer = DifferentiableDJMixer()
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(16, len(mixer.layout), generator=generator)
    low, high = (
        torch.tensor([getattr(row.parameter, end) for row in mixer.layout.rows])
        for end in ("minimum", "maximum")
    )
    clock = torch.tensor([*beats, beats[-1] + BEAT], dtype=torch.float64)
    params = TransitionParams(
        conform(low + values * (high - low), mixer.layout),
        mixer.layout,
        frame_times(clock, 16, 2),
        clock,
    )
    span = Span(-RATE, 6 * RATE)
    tracks = []
    for _ in range(2):
        audio = 0.3 * torch.randn(4, 2, span.samples, generator=generator)
        tracks.append(AlignedTrack(audio.sum(0), span, Stems(audio, NAMES, RATE), span))
    return mixer, params, plan, *tracks, span


def test_the_stems_sum_to_the_contributions(parts):
    whole = render_window(*parts, seed=3)
    assert whole.trim_db < 0  # loud enough that the trim matters
    alone = [render_stem(*parts, name, gain_db=whole.trim_db, seed=3) for name in NAMES]
    for side in ("a", "b", "solo_a", "solo_b"):
        wanted = getattr(whole, side)
        found = sum(getattr(stem, side) for stem in alone)
        assert float((found - wanted).abs().max()) < 1e-4 * float(wanted.abs().max())


def test_a_silent_stem_contributes_nothing(parts):
    mixer, params, plan, a, b, span = parts
    audio = a.stems.audio.clone()
    audio[NAMES.index("vocals")] = 0.0
    quiet = AlignedTrack(audio.sum(0), span, Stems(audio, NAMES, RATE), span)
    found = render_stem(mixer, params, plan, quiet, b, span, "vocals")
    assert float(found.a.abs().max()) == 0.0
    assert float(found.b.abs().max()) > 0.0


def test_without_a_master_chain_the_mix_is_the_sum_of_the_contributions(parts):
    whole = render_window(*parts, seed=3)
    assert float((whole.mix - whole.a - whole.b).abs().max()) < 1e-5
    assert float(whole.b.abs().max()) > 0.1
