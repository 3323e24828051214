"""The techniques' curves against what a DJ would do, read off the drawn sheets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.api import load_technique
from djtrans.assembly import mixer_layout
from djtrans.core.drawing import DrawRequest
from djtrans.core.params import conform
from djtrans.core.sheet import CurveSheet

LAYOUT = mixer_layout()
STEMS = ("drums", "bass", "vocals", "other")


def request(bars=16, rate=2, layout=LAYOUT):
    return DrawRequest(layout, bars * 4 * rate, swap_beat=bars * 2, frames_per_beat=rate)


def curves(name, **kwargs):
    drawn = load_technique(name).draw(request(**kwargs))
    assert drawn.shape == (request(**kwargs).n_frames, 54)
    return {row.key: drawn[:, row.index].numpy() for row in LAYOUT.rows}


@pytest.mark.parametrize("name", ["fade", "bass-swap", "cut"])
@pytest.mark.parametrize("rate", [2, 4, 8])
def test_every_technique_reaches_both_ends_by_itself(name, rate):
    """Pinning has nothing to move: the curves begin and end where the contract wants them."""
    drawn = load_technique(name).draw(request(rate=rate))
    assert torch.allclose(conform(drawn, LAYOUT)[[0, -1]], drawn[[0, -1]], atol=1e-6)


@pytest.mark.parametrize("name", ["fade", "bass-swap", "cut"])
def test_parameters_that_a_technique_does_not_need_stay_neutral(name):
    for key, curve in curves(name).items():
        if "/lpf/" in key or "/hpf/" in key or "/track/" in key:
            assert np.ptp(curve) == 0
            assert curve[0] == LAYOUT.rows[LAYOUT.index(key)].parameter.neutral


def test_the_fade_has_constant_power():
    c = curves("fade")
    power = c["a/drums/fader/gain"] ** 2 + c["b/drums/fader/gain"] ** 2
    assert np.allclose(power, 1.0, atol=1e-6)
    assert np.argmin(np.abs(c["a/bass/fader/gain"] - c["b/bass/fader/gain"])) in (63, 64)


def test_the_bass_swap_gives_the_low_end_one_owner_and_swaps_on_the_line():
    c = curves("bass-swap")
    swap = 8 * 4 * 2
    for stem in STEMS:
        low_a, low_b = c[f"a/{stem}/eq/low"], c[f"b/{stem}/eq/low"]
        assert np.all((low_a > 0) != (low_b > 0))
        assert np.all(low_a[:swap] == 1)
        assert np.all(low_b[swap:] == 1)
        gain_a, gain_b = c[f"a/{stem}/fader/gain"], c[f"b/{stem}/fader/gain"]
        # B is in after a quarter of the window; A leaves on the last downbeat.
        assert gain_b[0] == 0
        assert gain_b[4 * 4 * 2] > 0.7
        assert np.all(gain_a[-8:] == 0)
        assert np.all(gain_a[:-8] > 0.7)
        mid = c[f"a/{stem}/eq/mid"]
        assert np.all(mid[:swap] == 1)
        assert np.allclose(mid[96:], 0.25)
        assert np.all(np.diff(gain_b) >= 0)


def test_the_bass_swap_never_sums_two_low_ends():
    """The lows' power is at most that of one full track, all bands' at most 2.3 dB above it."""
    c = curves("bass-swap")
    power = {}
    for band in ("low", "mid", "high"):
        gains = [c[f"{track}/bass/fader/gain"] * c[f"{track}/bass/eq/{band}"] for track in "ab"]
        power[band] = sum(gain**2 for gain in gains)
    assert power["low"].max() <= 1.0
    total = sum(power.values()) / 3
    assert 10 * np.log10(total.max()) < 2.3
    # B takes over in full: from the swap on nothing of it is held back.
    for key, curve in c.items():
        if key.startswith("b/") and ("/fader/" in key or "/eq/" in key):
            assert np.all(curve[64:] == 1.0)


def test_the_cut_is_one_frame_wide():
    c = curves("cut", bars=2)
    assert c["a/drums/fader/gain"].tolist() == [1.0] * 8 + [0.0] * 8
    assert c["b/drums/fader/gain"].tolist() == [0.0] * 8 + [1.0] * 8


def test_a_sheet_draws_lines_and_steps():
    sheet = CurveSheet(request(bars=1))
    sheet.line("a/bass/eq/mid", [(1, 0.0), (2, 1.0), (3, 1.0), (3, 2.0)])
    assert sheet.read("a/bass/eq/mid")[:, 0].tolist() == [0, 0, 0, 0.5, 1, 1, 2, 2]
    sheet.line("a/flanger/*", [(0, 1.0)])  # what the layout lacks is left out
    assert sheet.read("a/drums/eq/mid")[:, 0].tolist() == [1.0] * 8
