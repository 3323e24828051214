"""The two baselines that no DJ would choose, against their closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.curves.params import conform
from djtrans.core.curves.request import CurveRequest
from djtrans.mixer.resolve import mixer_layout
from djtrans.pipeline.curve_generation import load_technique

LAYOUT = mixer_layout()


def drawn(name, rate=2):
    return load_technique(name).generate(CurveRequest(LAYOUT, 32 * rate, 16, frames_per_beat=rate))


def gains(name, track):
    rows = LAYOUT.select(f"{track}/*/fader/gain")
    curves = drawn(name)[:, rows].numpy()
    assert curves.shape[1] == 4
    assert np.ptp(curves, axis=1).max() == 0, "all stems of a track move together"
    return curves[:, 0]


def test_linear_gains_always_sum_to_one_and_cross_at_a_half():
    a, b = gains("linear-fade", "a"), gains("linear-fade", "b")
    assert np.allclose(a + b, 1.0, atol=1e-6)
    assert np.allclose(np.diff(b), 1 / 63, atol=1e-6)
    assert abs(a[31:33].mean() - 0.5) < 1e-6


def test_the_sum_has_both_at_full_but_for_the_pinned_frames():
    a, b = gains("sum", "a"), gains("sum", "b")
    assert a.tolist() == [1.0] * 63 + [0.0]
    assert b.tolist() == [0.0] + [1.0] * 63


@pytest.mark.parametrize("name", ["linear-fade", "sum"])
@pytest.mark.parametrize("rate", [2, 8])
def test_a_baseline_moves_nothing_but_faders_and_reaches_both_ends(name, rate):
    curves = drawn(name, rate)
    assert torch.equal(conform(curves, LAYOUT)[[0, -1]], curves[[0, -1]])
    faders = set(LAYOUT.select("*/*/fader/gain"))
    for row in LAYOUT.rows:
        if row.index not in faders:
            assert torch.all(curves[:, row.index] == row.parameter.neutral), row.key
