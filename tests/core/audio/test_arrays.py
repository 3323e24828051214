"""Audio and beat times that callers give as arrays or tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from djtrans.core.audio.arrays import as_audio, as_beats, check_same_length, check_sample_rate, cut
from djtrans.core.errors import InputError, ShapeError


@pytest.mark.parametrize(
    "given", [[0.25, -0.5], np.float32([[0.25, -0.5]]), torch.tensor([0.25, -0.5]).requires_grad_()]
)
def test_audio_of_any_kind_becomes_an_array_with_channels(given):
    array = as_audio(given, "the mix")
    assert array.dtype == np.float64
    assert array.tolist() == [[0.25, -0.5]]


@pytest.mark.parametrize("shape", [(0,), (2, 0), (1, 2, 3)])
def test_audio_without_samples_or_with_more_axes_is_refused(shape):
    with pytest.raises(ShapeError, match=r"the mix has shape .*give \[channels, samples\]"):
        as_audio(np.zeros(shape), "the mix")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_audio_that_is_not_finite_is_refused(value):
    with pytest.raises(InputError, match="the mix holds NaN or infinity"):
        as_audio([0.0, value], "the mix")


def test_lengths_that_differ_are_all_named():
    check_same_length(a=np.zeros((2, 5)), b=np.zeros((1, 5)))
    with pytest.raises(ShapeError, match=r"\(a 5, b 6\)"):
        check_same_length(a=np.zeros((2, 5)), b=np.zeros((2, 6)))


def test_the_lowest_sample_rate():
    check_sample_rate(8000)
    with pytest.raises(InputError, match="7999 Hz"):
        check_sample_rate(7999)


def test_beats_become_an_array_of_seconds():
    assert as_beats(torch.tensor([0.5, 1.0])).tolist() == [0.5, 1.0]
    assert as_beats((1, 2, 4)).dtype == np.float64


@pytest.mark.parametrize("beats", [[0.5], [], [0.5, 0.5], [1.0, 0.5], [[0.0, 1.0]], [0.0, np.nan]])
def test_beats_that_do_not_increase_are_refused(beats):
    with pytest.raises(InputError, match="at least two increasing times"):
        as_beats(beats)


@pytest.mark.parametrize(
    ("beats", "margin", "start", "stop"),
    [
        ([2.0, 4.0], 0.5, 15, 45),
        ([0.2, 9.9], 1.0, 0, 100),  # limited by the audio on both sides
        ([12.0, 13.0], 0.0, 99, 100),  # a window behind the end still has a sample
    ],
)
def test_a_window_is_cut_with_its_margin(beats, margin, start, stop):
    audio = np.arange(100.0)[None]
    found, times = cut(audio, 10, np.array(beats), margin)
    assert found.tolist() == [list(range(start, stop))]
    assert times == pytest.approx(np.array(beats) - start / 10)
