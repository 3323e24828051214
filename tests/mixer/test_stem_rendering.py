"""The stems of a transition, rendered one by one, are the transition; and its master chain."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.audio.loudness import true_peak_db
from djtrans.core.contracts.mixer_spec import NodeSpec
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


def with_master(parts, *nodes):
    """Give the mixer a master chain; curves of its parameters are neutral."""
    mixer, params, *rest = parts
    mastered = DifferentiableDJMixer(attrs.evolve(mixer.spec, master_chain=nodes))
    values = torch.tensor(mastered.layout.neutral).repeat(params.n_frames, 1)
    for row in params.layout.rows:
        values[:, mastered.layout.index(row.key)] = params.values[:, row.index]
    changed = attrs.evolve(params, values=values, layout=mastered.layout)
    return mastered, changed, *rest


def test_a_limiter_keeps_the_peaks_instead_of_lowering_the_whole_output(parts):
    plain = render_window(*parts, seed=3)
    limited = render_window(*with_master(parts, NodeSpec("limiter", "limiter")), seed=3)
    assert plain.trim_db < -6.0
    assert plain.reduction is None
    # White noise has its worst peaks at the top of the band, where detectors differ.
    assert limited.trim_db > -1.5
    assert true_peak_db(limited.mix, RATE) <= -1.0 + 1e-3
    assert limited.reduction.largest_db > 6.0
    assert limited.reduction.share > 0.5
    # Before the window, too, where the mixer does not work: A alone is as loud there.
    assert float(limited.mix[:, : RATE // 4].abs().max()) <= 10 ** (-1 / 20) + 1e-6


def test_a_limiter_leaves_a_quiet_transition_as_it_is(parts):
    mixer, params, plan, a, b, span = parts
    quiet = [AlignedTrack(0.02 * x.mix, span, x.stems.scaled(0.02), x.stems_span) for x in (a, b)]
    plain = render_window(mixer, params, plan, *quiet, span, seed=3)
    changed = with_master((mixer, params, plan, *quiet, span), NodeSpec("limiter", "limiter"))
    limited = render_window(*changed, seed=3)
    assert plain.trim_db == limited.trim_db == 0.0
    assert torch.equal(plain.mix, limited.mix)
    assert limited.reduction.largest_db == limited.reduction.share == 0.0


def test_a_master_chain_is_rendered_as_by_the_mixer_alone(parts):
    # An isolator that moves in the window, against one mixer over window and a beat around it.
    changed = with_master(parts, NodeSpec("eq", "eq3"))
    mixer, params, _, a, b, span = changed
    low = mixer.layout.index("mix/master/eq/low")
    params.values[4:-4, low] = 0.1
    whole = render_window(*changed, seed=3)
    beat = round(BEAT * RATE)
    worked = Span(-beat, 5 * RATE)
    alone = mixer(a.window(worked), b.window(worked), params.delayed(BEAT), seed=3)
    wanted = alone.mix[:, beat : beat + 4 * RATE] * 10 ** (whole.trim_db / 20)
    found = whole.mix[:, -span.start : -span.start + 4 * RATE]
    assert float((found - wanted).abs().max()) < 1e-5
