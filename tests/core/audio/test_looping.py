"""Looping: repeated bars without clicks and with complete downbeats."""

import numpy as np
import pytest
import torch

from djtrans.core.audio.looping import SEARCH_SECONDS, looped
from djtrans.core.errors import InputError
from djtrans.core.transition.plan import Loop
from djtrans.metrics.clicks import clicks

RATE = 44100


def loop(start, stop, repeats):
    return Loop(start_bar=0, bars=1, repeats=repeats, start_seconds=start, stop_seconds=stop)


@pytest.mark.parametrize("repeats", [1, 3])
def test_the_bars_are_heard_again_and_nothing_else_changes(repeats):
    audio = torch.randn(2, 10 * RATE, generator=torch.Generator().manual_seed(0))
    out = looped(audio, loop(4.0, 6.0, repeats), RATE)
    reach, bar = round(SEARCH_SECONDS * RATE), 2 * RATE
    assert out.shape == (2, (10 + 2 * repeats) * RATE)
    assert torch.equal(out[:, : 6 * RATE - reach], audio[:, : 6 * RATE - reach])
    for i in range(repeats):
        begin = 6 * RATE + i * bar
        part = bar - (reach if i < repeats - 1 else 0)
        assert torch.equal(out[:, begin : begin + part], audio[:, 4 * RATE : 4 * RATE + part])
    # After the last repeat the track goes on as it always did.
    assert torch.equal(out[:, 6 * RATE + (repeats - 1) * bar :], audio[:, 4 * RATE :])


def test_downbeats_are_whole_and_in_time(kicks):
    out = looped(kicks.track(np.arange(0.5, 9.5, 0.5), 10.0), loop(2.5, 4.5, 3), RATE)
    for time in np.arange(0.5, 15.5, 0.5):
        assert kicks.found(out, time) == pytest.approx(time, abs=1 / RATE)
    one, again = (out[:, round(t * RATE) - 100 :][:, :4000] for t in (2.5, 4.5))
    assert torch.allclose(one, again, atol=1e-6)


def test_no_click_between_sounds_that_do_not_fit():
    t = torch.arange(8 * RATE) / RATE
    audio = torch.where(t < 3.0, 0.4 * torch.sin(390.0 * t), 0.4 * torch.cos(2950.0 * t))[None]
    out = looped(audio, loop(2.0, 4.0, 1), RATE)
    near = out[:, round(3.9 * RATE) : round(4.1 * RATE)].numpy()
    assert clicks(near, 0.0 * near, 0.0 * near, RATE) == ()
    # What it is measured against: a hard cut is a click.
    cut = torch.cat([audio[:, round(3.9 * RATE) : 4 * RATE], audio[:, 2 * RATE :][:, :4410]], 1)
    assert len(clicks(cut.numpy(), 0.0 * near, 0.0 * near, RATE)) == 1


def test_a_loop_of_the_first_bar():
    audio = torch.randn(1, 3 * RATE, generator=torch.Generator().manual_seed(0))
    out = looped(audio, loop(0.0, 1.0, 2), RATE)
    assert out.shape == (1, 5 * RATE)
    assert torch.equal(out[:, 2 * RATE :], audio)


@pytest.mark.parametrize("bad", [(-1.0, 1.0, 1), (2.0, 2.0, 1), (2.0, 4.0, 1), (1.0, 2.0, 0)])
def test_a_loop_that_the_track_has_not_is_refused(bad):
    with pytest.raises(InputError, match="does not fit a track"):
        looped(torch.zeros(2, 3 * RATE), loop(*bad), RATE)
