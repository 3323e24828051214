"""Values that are not finite are found, and finite ones are not taken for them."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.audio.validation import check_finite
from djtrans.core.errors import AudioFileError
from djtrans.core.util.finite import all_finite


@given(st.lists(st.floats(width=32), max_size=40))
def test_it_is_what_a_look_at_each_sample_gives(samples):
    assert all_finite(torch.tensor([samples])) == all(map(math.isfinite, samples))


def test_a_sum_that_overflows_is_no_fault():
    loud = torch.full((2, 100), 3e38)
    assert math.isinf(float(loud.sum()))
    assert all_finite(loud)
    check_finite(loud, "it")


@pytest.mark.parametrize("values", [(math.inf, -math.inf), (math.nan,), (-math.inf, math.nan)])
def test_faults_that_cancel_are_found_and_counted(values):
    audio = torch.zeros(2, 100)
    audio[1, : len(values)] = torch.tensor(values)
    assert not all_finite(audio)
    with pytest.raises(AudioFileError, match=f"it has {len(values)} samples that are not finite"):
        check_finite(audio, "it")
