"""The techniques' curves against the table of what an expert does, at points in beats.

The table is written out again here: for each technique the key patterns that move, and points
(beat, value) that their curves must pass, from the swap `s` and the end `e` of the window, both in
beats. Whatever it does not name must stay neutral.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import attrs
import numpy as np
import pytest
import torch

from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.errors import InputError, PlanError
from djtrans.mixer.resolve import mixer_layout
from djtrans.pipeline.curve_generation import load_technique
from djtrans.registry import default_registry
from tests.helpers.features import features

LAYOUT = mixer_layout()
BAR = 4
ALL = (
    "fade",
    "bass-swap",
    "long-blend",
    "eq-blend",
    "filter-sweep",
    "echo-out",
    "wash-out",
    "cut",
    "drop-swap",
    "double-drop",
    "stem-swap",
    "acapella",
    "drum-bridge",
    "tempo-ride",
    "loop-out",
    "half-time",
    "brake",
    "backspin",
)


def x(hz):
    """The normalized cutoff of a frequency."""
    return np.log(hz / 20) / np.log(1000)


def at_once(beat, before, after):
    return [(0, before), (beat - 0.5, before), (beat, after), ("end", after)]


FADER_A, FADER_B = "a/*/fader/gain", "b/*/fader/gain"
LOWS = {
    "a/*/eq/low": lambda s, e: at_once(s, 1, 0),
    "b/*/eq/low": lambda s, e: at_once(s, 0, 1),
}
HALF = np.sqrt(0.5)

#: By technique, key pattern (the first that fits counts) and points.
TABLE = {
    "bass-swap": {
        FADER_B: lambda s, e: [(0, 0), (s / 4, 0.45), (s / 2, 0.9), (s - 0.5, 0.9), (s, 1)],
        "b/*/eq/mid": lambda s, e: at_once(s, 0.5, 1),
        **LOWS,
        "a/*/eq/[mh]i*": lambda s, e: [(s, 1), ((s + (s + e) / 2) / 2, 0.625), ((s + e) / 2, 0.25)],
        FADER_A: lambda s, e: at_once(e - BAR, 1, 0),
    },
    "long-blend": {
        FADER_B: lambda s, e: [(0, 0), (s / 4, 0.45), (s / 2, 0.9), (s - 0.5, 0.9), (s, 1)],
        "b/*/eq/mid": lambda s, e: [(0, 0.4), (s / 2, 0.4), (3 * s / 4, 0.55), (s, 1), ("end", 1)],
        **LOWS,
        "a/*/eq/[mh]i*": lambda s, e: [(s, 1), (1.25 * s, 0.7), (1.5 * s, 0.4), ("end", 0.4)],
        FADER_A: lambda s, e: [
            (1.5 * s, 1),
            ((1.5 * s + e - BAR) / 2, 0.5),
            (e - BAR, 0),
            ("end", 0),
        ],
    },
    "eq-blend": {
        FADER_B: lambda s, e: [(0, 0), (s / 12, 1), ("end", 1)],
        "a/*/eq/high": lambda s, e: [(s / 6, 1), (s / 4, HALF), (s / 3, 0.05), ("end", 0.05)],
        "b/*/eq/high": lambda s, e: [(0, 0.05), (s / 6, 0.05), (s / 4, HALF), (s / 3, 1)],
        "a/*/eq/mid": lambda s, e: [(s / 2, 1), (7 * s / 12, HALF), (2 * s / 3, 0.05)],
        "b/*/eq/mid": lambda s, e: [(s / 2, 0.05), (7 * s / 12, HALF), (2 * s / 3, 1), ("end", 1)],
        **LOWS,
        FADER_A: lambda s, e: at_once(e - BAR, 1, 0),
    },
    "filter-sweep": {
        "a/*/hpf/cutoff": lambda s, e: [
            (0, 0),
            (s / 2, x(250) / 2),
            (s, x(250)),
            (e - BAR, x(5000)),
        ],
        "b/*/lpf/cutoff": lambda s, e: [(s, x(200)), ((s + e - BAR) / 2, x(2000)), (e - BAR, 1)],
        **LOWS,
        FADER_A: lambda s, e: at_once(e - BAR, 1, 0),
        FADER_B: lambda s, e: at_once(s, 0, 1),
    },
    "wash-out": {
        "a/*/hpf/cutoff": lambda s, e: [(0, 0), (s / 2, x(500) / 2), (s, x(500))],
        "a/track/reverb/send": lambda s, e: [(0, 0), (s / 2, 0.5), (s, 0), ("end", 0)],
        FADER_A: lambda s, e: [
            (s - min(BAR, s / 2), 1),
            (s - min(BAR, s / 2) / 2, 0.85),
            (s, 0),
            ("end", 0),
        ],
        FADER_B: lambda s, e: at_once(s, 0, 1),
    },
    "cut": {
        FADER_A: lambda s, e: at_once(s, 1, 0),
        FADER_B: lambda s, e: at_once(s, 0, 1),
    },
    "drop-swap": {
        "a/*/hpf/cutoff": lambda s, e: [(0, 0), (s / 2, x(250) / 2), (s, x(250))],
        "a/track/reverb/send": lambda s, e: [(0, 0), (s / 2, 0.35), (s, 0), ("end", 0)],
        "a/*/eq/low": lambda s, e: at_once(s - BAR, 1, 0),
        FADER_A: lambda s, e: at_once(s, 1, 0),
        FADER_B: lambda s, e: at_once(s, 0, 1),
    },
    "double-drop": {
        FADER_B: lambda s, e: [(0, 0), (s / 2, 0.5), (s, 1), ("end", 1)],
        "b/*/eq/mid": lambda s, e: at_once(s, 0.5, 1),
        **LOWS,
        FADER_A: lambda s, e: at_once(e - BAR, 1, 0),
    },
    "stem-swap": {
        **LOWS,
        "a/drums/eq/*": lambda s, e: at_once(s / 2, 1, 0),
        "b/drums/fader/gain": lambda s, e: at_once(s / 2, 0, 1),
        "a/drums/fader/gain": lambda s, e: at_once(s, 1, 0),
        "a/bass/fader/gain": lambda s, e: at_once(s, 1, 0),
        "b/bass/fader/gain": lambda s, e: at_once(s, 0, 1),
        "a/other/fader/gain": lambda s, e: [(s / 2, 1), (s, HALF), (1.5 * s, 0), ("end", 0)],
        "b/other/fader/gain": lambda s, e: [(s / 2, 0), (s, HALF), (1.5 * s, 1), ("end", 1)],
        "a/vocals/fader/gain": lambda s, e: at_once(4 * BAR, 1, 0),
        "b/vocals/fader/gain": lambda s, e: at_once((s + e) / 2, 0, 1),
    },
    "drum-bridge": {
        "b/drums/fader/gain": lambda s, e: [
            *((0, 0), (s / 4, 0.45), (s / 2, 0.9)),
            *((s - 0.5, 0.9), (s, 1), ("end", 1)),
        ],
        "a/drums/eq/[mh]i*": lambda s, e: [
            (s, 1),
            ((s + (s + e) / 2) / 2, 0.7),
            ((s + e) / 2, 0.4),
            ("end", 0.4),
        ],
        **LOWS,
        "a/drums/fader/gain": lambda s, e: at_once(e - BAR, 1, 0),
        FADER_A: lambda s, e: at_once(s, 1, 0),
        FADER_B: lambda s, e: at_once(s, 0, 1),
    },
    "loop-out": {
        FADER_B: lambda s, e: [(0, 0), (s / 3, 0), (2 * s / 3, 0.45), (s, 1), ("end", 1)],
        "b/*/eq/mid": lambda s, e: at_once(s, 0.5, 1),
        **LOWS,
        "a/*/hpf/cutoff": lambda s, e: [
            (max(s - 8, s / 2), 0),
            ((max(s - 8, s / 2) + s) / 2, x(400) / 2),
            (s, x(400)),
            ("end", x(400)),
        ],
        FADER_A: lambda s, e: at_once(s, 1, 0),
    },
    "half-time": {
        "b/drums/fader/gain": lambda s, e: [(2 * s / 3, 0), (5 * s / 6, 0.45), (s, 1), ("end", 1)],
        **LOWS,
        "a/*/hpf/cutoff": lambda s, e: [(s - BAR, 0), (s - BAR / 2, x(400) / 2), (s, x(400))],
        FADER_A: lambda s, e: at_once(s, 1, 0),
        FADER_B: lambda s, e: at_once(s, 0, 1),
    },
    "acapella": {
        "a/vocals/eq/low": lambda s, e: [(0, 1), ("end", 1)],
        **LOWS,
        "b/vocals/fader/gain": lambda s, e: at_once(e - BAR, 0, 1),
        FADER_B: lambda s, e: [(0, 0), (s / 2, 0.45), (s, 1), ("end", 1)],
        "a/vocals/fader/gain": lambda s, e: at_once(e - BAR, 1, 0),
        FADER_A: lambda s, e: at_once(s, 1, 0),
    },
}


TABLE["tempo-ride"] = TABLE["long-blend"]
TABLE["brake"] = TABLE["backspin"] = TABLE["cut"]


def declaration(name):
    return default_registry().techniques.find(name).declaration


def request(name, bars=None, rate=2, **changes):
    facts = declaration(name)
    bars = bars or facts.bars[1]
    swap = facts.swap_bars(bars) * BAR
    return CurveRequest(
        LAYOUT, bars * BAR * rate, **{"swap_beat": swap, "frames_per_beat": rate, **changes}
    )


def drawn(name, asked):
    values = load_technique(name).generate(asked)
    assert values.shape == (asked.n_frames, 54)
    return {row.key: values[:, row.index].numpy() for row in LAYOUT.rows}


def every_length(*names):
    return [
        pytest.param(name, bars, rate, id=f"{name}-{bars}-{rate}")
        for name in names
        for bars in sorted(set(declaration(name).bars))
        for rate in (2, 4, 8)
    ]


def check(name, asked, table, keys_of=None):
    """Each curve passes its points, and what has none is neutral."""
    s, e, rate = asked.swap_beat, asked.beats, asked.frames_per_beat
    for key, curve in drawn(name, asked).items():
        points = next(
            (of(s, e) for pattern, of in table.items() if fnmatchcase(key, pattern)), None
        )
        if points is None:
            neutral = LAYOUT.rows[LAYOUT.index(key)].parameter.neutral
            assert np.all(curve == np.float32(neutral)), key
            continue
        for beat, value in points:
            frame = asked.n_frames - 1 if beat == "end" else beat * rate
            if frame == round(frame):
                assert curve[int(frame)] == pytest.approx(value, abs=1e-5), (key, beat)


@pytest.mark.parametrize(("name", "bars", "rate"), every_length(*TABLE))
def test_the_plain_drawing_is_that_of_the_table(name, bars, rate):
    check(name, request(name, bars, rate), TABLE[name])


@pytest.mark.parametrize(("name", "bars", "rate"), every_length("echo-out"))
def test_the_echo_is_fed_in_the_last_beat_and_decays_under_b(name, bars, rate):
    asked = request(name, bars, rate)
    s = asked.swap_beat
    # In two bars, one of them before the swap, there is half the room.
    thrown = s - (1 if s > BAR else 0.5)
    c = drawn(name, asked)
    f = int(thrown * rate), int(s * rate), int((s + BAR) * rate)
    frames = np.arange(asked.n_frames)

    def between(start, stop, value=1.0):
        return np.where((frames >= start) & (frames < stop), value, 0.0).astype(np.float32)

    low = between(0, f[0]) + between(f[0], len(frames), 0.3)
    assert np.array_equal(c["a/bass/eq/low"], low)
    assert np.array_equal(c["a/other/fader/gain"], between(0, f[1]))
    assert np.array_equal(c["a/track/delay/send"], between(f[0], f[1] + 1, 0.7))
    stop = min(f[2], len(frames) - 1)
    assert np.array_equal(c["a/track/delay/feedback"], between(f[0], stop, 0.5))
    # B is in full from the frame in which A is out.
    assert np.array_equal(c["b/other/fader/gain"], between(f[1], len(frames)))
    moving = {key.split("/", 2)[0] + key[-4:] for key, curve in c.items() if np.ptp(curve)}
    assert moving == {"again", "a/low", "asend", "aback", "bgain"}


@pytest.mark.parametrize(("name", "bars", "rate"), every_length("fade"))
def test_the_fade_has_constant_power(name, bars, rate):
    c = drawn(name, request(name, bars, rate))
    power = c["a/drums/fader/gain"] ** 2 + c["b/drums/fader/gain"] ** 2
    assert np.allclose(power, 1.0, atol=1e-6)
    middle = bars * BAR * rate // 2
    assert np.argmin(np.abs(c["a/bass/fader/gain"] - c["b/bass/fader/gain"])) in (
        middle - 1,
        middle,
    )


def test_the_bass_swap_never_sums_two_low_ends():
    """The lows' power is at most that of one full track, all bands' at most 2.3 dB above it."""
    c = drawn("bass-swap", request("bass-swap"))
    power = {}
    for band in ("low", "mid", "high"):
        gains = [c[f"{track}/bass/fader/gain"] * c[f"{track}/bass/eq/{band}"] for track in "ab"]
        power[band] = sum(gain**2 for gain in gains)
    assert power["low"].max() <= 1.0
    total = sum(power.values()) / 3
    assert 10 * np.log10(total.max()) < 2.3


@pytest.mark.parametrize(
    "name", [name for name in ALL if name not in ("cut", "fade", "brake", "backspin")]
)
def test_seeds_give_clearly_different_drawings(name):
    """Of eight seeds no two are alike, and most move by a tenth of a range or more."""
    technique = load_technique(name)
    plain, *others = [technique.generate(request(name, seed=seed)) for seed in range(9)]
    span = torch.tensor([row.parameter.span for row in LAYOUT.rows])
    moved = [float(((other - plain).abs() / span).max()) for other in others]
    assert sum(way > 0.1 for way in moved) >= 6
    for i, one in enumerate(others):
        assert not any(torch.equal(one, other) for other in others[:i])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("seed", range(1, 9))
def test_a_varied_drawing_changes_hands_on_downbeats(name, seed):
    """Every step of B's low end is on a downbeat, at every length, and the ends are reached."""
    for bars in sorted(set(declaration(name).bars)):
        asked = request(name, bars, 2, seed=seed)
        c = drawn(name, asked)
        for key in ("b/bass/fader/gain", "b/drums/fader/gain", "b/bass/eq/low"):
            steps = np.flatnonzero(np.abs(np.diff(c[key])) > 0.5) + 1
            assert np.all(steps % (2 * BAR) == 0), (key, steps / 2)
        values = load_technique(name).generate(asked)
        assert torch.allclose(conform(values, LAYOUT)[[0, -1]], values[[0, -1]], atol=0.04)


def test_a_varied_exit_takes_a_phrase_line_where_there_is_one():
    for seed in range(1, 9):
        asked = request("bass-swap", 16, seed=seed, phrase_beats_a=(16.0, 32.0, 52.0))
        assert int((drawn("bass-swap", asked)["a/bass/fader/gain"] > 0).sum()) == 2 * 52


@pytest.mark.parametrize("name", ALL)
def test_a_swap_without_a_bar_around_it_is_refused(name):
    with pytest.raises(InputError, match="a technique needs a whole bar"):
        load_technique(name).generate(request(name, 8, swap_beat=32))


def test_what_cannot_be_planned_is_declared():
    """Isolation, key, tempo and what must lie at the swap: the planner refuses by these."""
    facts = {name: declaration(name) for name in ALL}
    assert {n for n, d in facts.items() if d.needs_isolation} == {"stem-swap", "acapella"}
    assert {n for n, d in facts.items() if d.key_limit == 1} == {"double-drop", "acapella"}
    limits = {n: d.tempo_limit for n, d in facts.items() if d.tempo_limit}
    far = {"drum-bridge": 0.125, "tempo-ride": 0.125}
    assert limits == {"double-drop": 0.01, "half-time": 0.05, **far}
    unmatched = {"cut", "echo-out", "wash-out", "brake", "backspin"}
    assert {n for n, d in facts.items() if not d.beat_matched} == unmatched
    toneless = {*unmatched, "drop-swap", "drum-bridge", "half-time"}
    assert {n for n, d in facts.items() if not d.harmonic} == toneless
    assert {n for n, d in facts.items() if d.overlaps} == {
        *{n for n, d in facts.items() if d.harmonic} - {"loop-out"},
        "drum-bridge",
    }
    ends = {n for n, d in facts.items() if d.ending is not None}
    assert ends == {"loop-out", "half-time", "brake", "backspin"}
    assert facts["double-drop"].place_a == facts["double-drop"].place_b == ("drop",)
    assert facts["drop-swap"].place_a[0] == "build-end"
    assert facts["acapella"].place_a == ("vocal",)
    for d in facts.values():
        shortest, default, longest = d.bars
        assert shortest <= default <= longest
        assert all(1 <= d.swap_bars(bars) < bars for bars in d.bars)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("name", ["drum-bridge", "half-time"])
def test_no_harmony_of_a_sounds_with_one_of_b(name, seed):
    """But for the drums, and but for vocals in a rest a beat away, one track is silent."""
    c = drawn(name, request(name, seed=seed))
    for stem_a in ("bass", "other", "vocals"):
        for stem_b in ("bass", "other", "vocals"):
            both = np.minimum(c[f"a/{stem_a}/fader/gain"], c[f"b/{stem_b}/fader/gain"])
            assert both.max() == 0.0


def test_the_drums_of_a_bridge_never_pause():
    c = drawn("drum-bridge", request("drum-bridge"))
    a, b = c["a/drums/fader/gain"], c["b/drums/fader/gain"]
    assert np.maximum(a, b).min() == 1.0
    assert int((np.minimum(a, b) >= 0.9).sum()) == 2 * (60 - 16)


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_boosted(name):
    for seed in range(4):
        curves = drawn(name, request(name, seed=seed))
        assert max(float(curve.max()) for key, curve in curves.items() if "/eq/" in key) <= 1.0


def test_an_acapella_without_a_voice_is_refused():
    silent = features("x" * 32 + "." * 96)
    with pytest.raises(PlanError, match="A does not sing after the swap"):
        load_technique("acapella").generate(request("acapella", features_a=silent))
    sung = features("x" * 100 + "." * 28)
    assert load_technique("acapella").generate(request("acapella", features_a=sung)).shape[1] == 54


@pytest.mark.parametrize(
    "name", ["bass-swap", "long-blend", "eq-blend", "filter-sweep", "double-drop"]
)
def test_where_both_sing_there_is_one_voice_at_a_time(name):
    line = "xxxxxxxxxxxx...."
    facts = request(name)
    sung = features((line * 20)[: facts.n_frames])
    asked = attrs.evolve(facts, features_a=sung, features_b=sung)
    c = drawn(name, asked)
    a, b = c["a/vocals/fader/gain"], c["b/vocals/fader/gain"]
    assert np.all(np.minimum(a, b) == 0)
    # Where the voices change hands they rest.
    singing = np.array([frame == "x" for frame in (line * 20)[: facts.n_frames]])
    for curve in (a, b):
        steps = np.flatnonzero(np.abs(np.diff(curve)) > 0.4) + 1
        assert not np.any(singing[steps] & singing[steps - 1])


def test_a_sheet_draws_lines_and_steps():
    sheet = CurveSheet(CurveRequest(LAYOUT, 8, swap_beat=2))
    sheet.line("a/bass/eq/mid", [(1, 0.0), (2, 1.0), (3, 1.0), (3, 2.0)])
    assert sheet.read("a/bass/eq/mid")[:, 0].tolist() == [0, 0, 0, 0.5, 1, 1, 2, 2]
    sheet.line("a/flanger/*", [(0, 1.0)])  # what the layout lacks is left out
    assert sheet.read("a/drums/eq/mid")[:, 0].tolist() == [1.0] * 8
    assert sheet.stems == ("drums", "bass", "vocals", "other")
