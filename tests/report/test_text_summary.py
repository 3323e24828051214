"""The description follows from plan and curves, and mentions nothing that does not happen."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import torch

from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.params_file import (
    ComponentRecord,
    MixerRecord,
    ParamsFile,
    Provenance,
    RenderRecord,
    TrackRecord,
)
from djtrans.core.transition.plan import ClockSection, TrackPlan, TransitionPlan
from djtrans.mixer.resolve import mixer_layout, resolve_spec
from djtrans.report.automation_events import find_automation_events
from djtrans.report.text_summary import describe_transition, tempo_words

BARS, STEP = 8, 0.5
LAYOUT = mixer_layout()


def curves(drawn: dict[str, list[tuple[float, float]]]) -> TransitionParams:
    """Neutral curves with lines through (beat, value); two points on a beat are a step."""
    beats = np.arange(BARS * 8) / 2
    values = torch.tensor(LAYOUT.neutral).repeat(len(beats), 1)
    for pattern, points in drawn.items():
        at, value = np.array(points, dtype=float).T
        left = np.clip(np.searchsorted(at, beats, side="right") - 1, 0, len(at) - 1)
        right = np.minimum(left + 1, len(at) - 1)
        width = np.where(at[right] > at[left], at[right] - at[left], 1.0)
        part = np.clip((beats - at[left]) / width, 0, 1)
        line = value[left] + part * (value[right] - value[left])
        values[:, LAYOUT.select(pattern)] = torch.from_numpy(line).float()[:, None]
    clock = torch.arange(BARS * 4 + 1).double() * STEP
    return TransitionParams(values, LAYOUT, frame_times(clock, len(beats), 2), clock, 2)


def content(params: TransitionParams, swap_beat: int = 16, **side) -> ParamsFile:
    track = TrackPlan(
        cue_seconds=59.97, cue_bar=16, swap_bar=20, cue_section="drop", swap_section="outro",
        swap_on_phrase=True, warp=((0.0, 60.0), (4.0, 64.2)), gain_db=0.0, bpm=114.3, key="8A",
        sections=(ClockSection("drop", -40.0, 8.0), ClockSection("outro", 8.0, 40.0)),
    )  # fmt: skip
    plan = TransitionPlan(
        technique="djtrans/bass-swap", bars=BARS, swap_beat=swap_beat,
        beat_times=tuple(float(t) for t in params.beat_times), a=track,
        b=attrs.evolve(track, **side), key_distance=1, reasons=("it fits",),
    )  # fmt: skip
    component = ComponentRecord(name="djtrans/spectral", version=1)
    record = TrackRecord(name="x.wav", sha256="0", separator=component)
    provenance = Provenance(
        tracks={"a": record, "b": attrs.evolve(record, name="y.wav")},
        mixer=MixerRecord(spec=resolve_spec("dj54"), config=MixerConfig(), versions={}),
        render=RenderRecord(
            sample_rate=44100, channels=2, start=0, stop=1, seed=0, stretch="e", djtrans="0"
        ),
        technique=component,
    )
    return ParamsFile(params=params, plan=plan, provenance=provenance)


SWAP = {
    "b/*/fader/gain": [(0, 0), (8, 0.9), (16, 0.9), (24, 1)],
    "b/*/eq/mid": [(0, 0.5), (16, 0.5), (24, 1)],
    "b/*/eq/low": [(0, 0), (16, 0), (16, 1)],
    "a/*/eq/low": [(0, 1), (16, 1), (16, 0)],
    "a/*/eq/mid": [(16, 1), (24, 0.25)],
    "a/*/eq/high": [(16, 1), (24, 0.25)],
    "a/*/fader/gain": [(0, 1), (28, 1), (28, 0)],
}


def described(drawn, **kwargs) -> str:
    return describe_transition(content(curves(drawn), **kwargs))


def test_a_bass_that_enters_alone_lacks_its_lows_and_not_its_bass():
    story = described(
        {"b/bass/fader/gain": [(0, 0), (8, 1)], "b/*/eq/low": [(0, 0), (16, 0), (16, 1)]}
    )
    assert "bass fades in over 2 bars without its lows" in story
    assert "without its bass" not in story


def test_a_bass_swap_as_a_dj_tells_it():
    story = described(SWAP, swap_on_phrase=False)
    entry, swap, exit_, rest = [line for line in story.splitlines() if line.startswith("**")]
    assert entry.startswith("**Bars 1–4.** A is in its drop, B starts in its drop. ")
    assert entry.endswith(" B fades in over 2 bars without its bass, mids at −6 dB.")
    assert swap.startswith("**Bars 5–7 (the swap on 5).** The basses change owner: A's goes, B's ")
    assert " The swap lies on a phrase boundary of A only. A's outro and B's outro begin. " in swap
    assert " A's mids and highs fall to −12 dB over 2 bars. B's mids rise to 0 dB over" in swap
    assert exit_ == "**Bar 8.** A is gone."
    assert rest == "**After bar 8** B plays on alone."
    ease = GainEase(start=16.0, stop=48.0, gain_db=0.0, bars=16)
    *_, rest = described(SWAP, gain_db=-6.2, gain_ease=ease).splitlines()
    assert rest.endswith("B plays on alone, its gain eased from −6.2 dB to 0 dB over 16 bars.")


def test_a_tempo_that_moves_is_told_from_where_it_starts_to_where_it_ends():
    steps = 60.0 / np.linspace(120.0, 127.0, 32)
    plan = attrs.evolve(content(curves(SWAP)).plan, beat_times=(0.0, *np.cumsum(steps).tolist()))
    assert tempo_words(plan) == "from 120.0 to 127.0 BPM"


def test_the_head_has_the_facts():
    story = described(SWAP)
    assert story.startswith("# x.wav → y.wav\n")
    assert "- bass-swap over 8 bars, 16.0 s at 120.0 BPM\n" in story
    assert "A: 114.3 BPM (+5.0 %), 8A, from 1:00.0 of the file, in its drop" in story
    assert "- keys 1 step apart\n" in story
    assert "- why: it fits\n" in story


def test_the_same_content_gives_the_same_words():
    assert described(SWAP) == described(SWAP)


CUT = {"a/*/fader/gain": [(0, 1), (16, 1), (16, 0)], "b/*/fader/gain": [(16, 0), (16, 1)]}
STEMS = {
    f"{track}/{stem}/fader/gain": [(18, 1 - on), (18, on)]
    for stem in ("drums", "bass")
    for track, on in (("a", 0), ("b", 1))
}
SEND = {"a/track/reverb/send": [(8, 0), (8, 0.8), (16, 0.8), (16, 0)]}


@pytest.mark.parametrize(
    ("drawn", "sentence"),
    [
        (CUT, "A cut: A is gone, B is there."),
        ({"a/*/fader/gain": [(0, 1), (31.5, 0)]}, "drop. A fades out over 8 bars.\n\n**Bars 5–8"),
        (
            {"a/vocals/fader/gain": [(8, 1), (12, 0)]},
            "**Bars 3–4.** A's vocals fade out over 1 bar",
        ),
        ({"a/drums/eq/low": [(10, 1), (10, 0)]}, "The bass of A's drums goes on beat 3."),
        ({"a/*/hpf/cutoff": [(0, 0), (16, 1 / 3)]}, "climbs from 20 Hz to 200 Hz over 4 bars."),
        ({"b/*/lpf/cutoff": [(0, 1 / 3), (16, 1)]}, "low-pass opens from 200 Hz over 4 bars."),
        (SEND, "**Bars 3–4.** A's reverb send opens to 80 %."),
        (STEMS, "B's drums and bass replace A's on beat 3."),
        ({"a/other/fader/gain": [(8, 1), (8, 0)]}, "A's other sounds are gone."),
        (SEND, "A's reverb send closes; its tail rings out."),
    ],
)
def test_single_movements(drawn, sentence):
    assert sentence in described(drawn)


def test_nothing_is_told_of_curves_that_rest_or_tremble():
    rng = np.random.default_rng(0)
    params = curves({})
    params.values[:, LAYOUT.select("a/*/eq/*")] += torch.from_numpy(
        rng.uniform(-0.04, 0.04, (len(params.values), 12))
    ).float()
    assert find_automation_events(params) == ()
    assert (
        len(describe_transition(content(params)).split("**")) == 7
    )  # the start, the swap, the end


def test_a_trembling_fade_is_one_movement():
    rng = np.random.default_rng(1)
    params = curves({"a/drums/fader/gain": [(0, 1), (31.5, 0)]})
    row = LAYOUT.index("a/drums/fader/gain")
    tremble = torch.from_numpy(rng.uniform(-0.02, 0.02, len(params.values))).float()
    params.values[:, row] = (params.values[:, row] + tremble).clamp(0, 1)
    (move,) = find_automation_events(params)
    assert move.start_beat < 1
    assert move.stop_beat > 30
    assert move.stems == ("drums",)


def test_a_slow_fade_and_a_jump_at_its_end_are_two():
    params = curves({"a/*/fader/gain": [(0, 1), (28, 0.7), (28, 0)]})
    slow, jump = find_automation_events(params)
    assert (slow.start_beat, slow.stop_beat) == pytest.approx((0, 27.5))
    assert jump.is_step
    assert jump.event_beat == 28
