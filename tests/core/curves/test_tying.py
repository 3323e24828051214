"""Curves that are nearly equal become equal, and nothing else changes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import djtrans
from djtrans.core.curves.tying import TIED, tie_stems

LAYOUT = djtrans.mixer_layout()
NEUTRAL = torch.tensor(LAYOUT.neutral)
SPAN = torch.tensor([row.parameter.maximum - row.parameter.minimum for row in LAYOUT.rows])
FADERS = list(LAYOUT.select("a/*/fader/gain"))


def faded(*offsets):
    """Faders of A that close, with an offset of each stem in the middle."""
    values = NEUTRAL.repeat(9, 1)
    values[:, FADERS] = torch.linspace(1.0, 0.0, 9)[:, None]
    values[4, FADERS] += torch.tensor(offsets)
    return values


def test_near_stems_get_their_mean_and_the_others_stay():
    tied = tie_stems(faded(0.0, 0.02, 0.04, 0.3), LAYOUT)
    assert tied[4, FADERS].tolist() == pytest.approx([0.52, 0.52, 0.52, 0.8])
    assert torch.equal(tied[:4], faded(0.0, 0.0, 0.0, 0.0)[:4])


def test_two_groups_of_stems_stay_apart():
    values = faded(0.3, 0.3, -0.3, -0.3)
    assert torch.equal(tie_stems(values, LAYOUT), values)


def test_a_parameter_that_stays_near_neutral_is_not_used():
    values = NEUTRAL.repeat(9, 1)
    one, other = LAYOUT.select("a/drums/eq/mid")[0], LAYOUT.select("a/bass/eq/mid")[0]
    values[3, one] -= 0.9 * TIED * SPAN[one]
    values[3, other] -= 3.0 * TIED * SPAN[other]
    tied = tie_stems(values, LAYOUT)
    assert torch.equal(tied[:, one], NEUTRAL[one].expand(9))
    assert torch.equal(tied[:, other], values[:, other])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.01, 0.1, 1.0]))
def test_no_value_moves_farther_than_twice_the_tolerance(seed, size):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(2, 12, len(LAYOUT), generator=generator) - 0.5
    values = NEUTRAL + size * noise * SPAN
    tied = tie_stems(values, LAYOUT)
    assert float(((tied - values) / SPAN).abs().max()) <= 2.0 * TIED + 1e-6
    assert torch.equal(tied[1], tie_stems(values[1], LAYOUT))
    if size == 1.0:  # far apart
        assert torch.equal(tied, values)


def test_zero_tolerance_changes_nothing():
    values = faded(0.0, 0.01, 0.02, 0.3)
    assert torch.allclose(tie_stems(values, LAYOUT, tolerance=0.0), values)
