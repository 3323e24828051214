"""Conditioning of several encoders, joined."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import InputError, ShapeError
from djtrans.diffusion.conditioning import ConditioningSlot, concatenate, shape_for


def test_channels_lie_side_by_side_in_the_order_of_the_encoders():
    mask = torch.ones(2, 8, dtype=torch.bool)
    first = Conditioning(torch.full((2, 8, 3), 1.0), torch.full((2, 1), 1.0))
    second = Conditioning(torch.full((2, 8, 2), 2.0), torch.full((2, 0), 2.0), mask)
    joined = concatenate([first, second])
    assert joined.per_frame[0, 0].tolist() == [1.0, 1.0, 1.0, 2.0, 2.0]
    assert joined.global_.tolist() == [[1.0], [1.0]]
    assert joined.mask is mask


def test_encoders_that_disagree_on_frames_are_refused():
    parts = [Conditioning(torch.zeros(1, n, 2), torch.zeros(1, 1)) for n in (8, 16)]
    with pytest.raises(ShapeError, match=r"\(1, 8, 2\).*\(1, 16, 2\)"):
        concatenate(parts)


def test_the_shape_is_the_sum_of_the_slots():
    slots = [ConditioningSlot("audio", 30, 5), ConditioningSlot("technique", 4, 0)]
    assert shape_for(54, slots) == DenoiserShape(54, 34, 5)


@pytest.mark.parametrize("wrong", [{"per_frame": -1}, {"dropout": 1.5}])
def test_a_slot_that_cannot_be_is_refused(wrong):
    with pytest.raises(InputError, match="dropout lies between 0 and 1"):
        ConditioningSlot(**({"encoder": "audio", "per_frame": 1, "global_": 1} | wrong))
