"""Zero-padded slices."""

from __future__ import annotations

import hypothesis.strategies as st
import torch
from hypothesis import given

from djtrans.core.audio.slicing import padded_slice


@given(st.integers(0, 8), st.integers(-15, 15), st.integers(0, 15))
def test_it_is_what_indexing_a_padded_signal_gives(samples, start, length):
    audio = torch.arange(2.0 * samples).reshape(2, samples) + 1
    padded = torch.nn.functional.pad(audio, (20, 40))
    got = padded_slice(audio, start, start + length)
    assert torch.equal(got, padded[:, 20 + start : 20 + start + length])
