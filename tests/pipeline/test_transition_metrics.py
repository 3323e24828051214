"""The metrics of a finished transition: their inputs, and the effect of the isolation."""

from __future__ import annotations

import json

import attrs
import pytest
import torch

import djtrans
from djtrans.mixer.rendering import render_window
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050
STRUCTURE = (("drop", 8), ("drop", 8))


@pytest.fixture(scope="module")
def doubled(tmp_path_factory):
    """A track faded into itself, its voice over its own: ready stems, both drops on each other."""
    folder = tmp_path_factory.mktemp("tracks")
    spec = TrackSpec(bpm=126.0, seed=1, structure=STRUCTURE, sample_rate_hz=RATE)
    track = synthesize(spec)
    djtrans.write_audio(folder / "t.wav", track.audio, RATE)
    djtrans.save_stems(track.stems, folder / "t")
    paths = (folder / "t.wav", folder / "t.wav")
    return djtrans.generate(
        *paths,
        technique="fade",
        model=None,
        bars=8,
        cue_a=0.0,
        cue_b=0.0,
        context=2,
        stems_a=folder / "t",
        stems_b=folder / "t",
        device="cpu",
    )


def test_everything_is_handed_over(doubled):
    found = doubled.metrics()
    values = found.values()
    assert values["key_distance_steps"] == 0
    assert values["tempo_change_a_percent"] == pytest.approx(0.0, abs=0.1)
    assert values["beat_offset_p95_ms"] < 1.0
    assert values["phrase_swap_a_beats"] == values["phrase_swap_b_beats"]
    assert values["curves_moving"] == 8
    # A track against itself: the same notes, the same bass, and a coherent sum of both.
    assert values["chroma_consonance"] > 0.1
    assert values["bass_overlap_beats"] > 8
    assert values["low_end_excess_db"] == pytest.approx(3.0, abs=0.5)
    json.dumps(found.to_dict(), allow_nan=False)


def rendered_again(transition, values):
    """The same transition with other curves."""
    params = attrs.evolve(transition.params, values=values)
    t = transition
    out = render_window(t.mixer, params, t.plan, t.a, t.b, t.rendered.span)
    return attrs.evolve(t, params=params, rendered=out)


def test_two_voices_are_heard_in_the_true_stems(doubled):
    assert doubled.metrics().values()["vocal_clash_beats"] == 0  # one is always faded well down
    values = doubled.params.values.clone()
    layout = doubled.params.layout
    values[:-1, layout.select("a/*/fader/gain")] = 1.0
    values[1:, layout.select("b/*/fader/gain")] = 1.0
    both = rendered_again(doubled, values).metrics()
    singing = sum(a and b for a, b in zip(both.vocals.active_a, both.vocals.active_b, strict=True))
    assert both.vocals.clash_beats == singing >= 8
    assert {gate.name: gate.verdict for gate in both.gates}["one voice"] == "fail"


def test_cutting_the_voice_is_heard_as_a_cut(doubled):
    singing = [i for i, sings in enumerate(doubled.metrics().vocals.active_b) if sings]
    values = doubled.params.values.clone()
    row = doubled.params.layout.index("b/vocals/fader/gain")
    # The voice is let in all at once, where it sings already.
    middle = singing[len(singing) // 2] * 2
    values[:, row] = torch.where(torch.arange(len(values)) < middle, 0.0, 1.0)
    worse = rendered_again(doubled, values).metrics()
    assert doubled.metrics().values()["vocal_line_cuts"] == 0
    assert worse.values()["vocal_line_cuts"] == 1
    at = float(doubled.beat_times[middle // 2])
    assert worse.vocals.cuts_b == pytest.approx([at], abs=0.05)


def test_with_weak_stems_voices_are_not_measurable(doubled):
    weak = {
        side: attrs.evolve(track, isolation="weak")
        for side, track in doubled.provenance.tracks.items()
    }
    provenance = attrs.evolve(doubled.provenance, tracks=weak)
    found = attrs.evolve(doubled, provenance=provenance).metrics()
    assert found.values()["vocal_clash_beats"] is None
    assert found.values()["vocal_line_cuts"] is None
    gate = next(gate for gate in found.gates if gate.name == "one voice")
    assert gate.verdict == "not measurable"
    assert "djtrans/folder isolates the vocals of A too weakly" in gate.why
