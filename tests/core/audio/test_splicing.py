"""Crossfaded splices of two versions of a signal."""

import math

import pytest
import torch

from djtrans.core.audio.splicing import CLEAR_SECONDS, FADE_SECONDS, splice

RATE = 44100
FADE, CLEAR = round(FADE_SECONDS * RATE), round(CLEAR_SECONDS * RATE)


def noise(samples, seed=0):
    return torch.randn(2, samples, generator=torch.Generator().manual_seed(seed))


def test_a_sound_joined_with_itself_is_itself():
    audio = noise(5000)
    assert torch.allclose(splice(audio, audio, RATE), audio, atol=1e-6)


def test_the_fade_lies_where_the_versions_agree():
    before, after = noise(8000, 1), noise(8000, 2)
    after[:, 3000 : 3000 + FADE] = before[:, 3000 : 3000 + FADE]
    out = splice(before, after, RATE)
    assert torch.equal(out[:, :3000], before[:, :3000])
    assert torch.equal(out[:, 3000 + FADE :], after[:, 3000 + FADE :])
    assert torch.allclose(out[:, 3000 : 3000 + FADE], before[:, 3000 : 3000 + FADE], atol=1e-6)


def test_an_attack_at_the_end_is_whole():
    before, after = torch.zeros(2, 4000), torch.zeros(2, 4000)
    after[:, -CLEAR:] = 1.0
    assert torch.equal(splice(before, after, RATE)[:, -CLEAR:], after[:, -CLEAR:])


def test_unrelated_sounds_keep_their_power():
    fade = 40 * FADE  # long enough to average over
    before, after = noise(fade, 1), noise(fade, 2)
    out = splice(before, after, RATE * 40)
    middle = slice(fade // 3, 2 * fade // 3)
    level = 10 * math.log10(float(out[:, middle].square().mean()))
    assert abs(level) < 0.4


def test_next_to_silence_a_sound_lasts_as_long_as_it_can():
    before = noise(4000)
    out = splice(before, torch.zeros_like(before), RATE)
    assert torch.equal(out[:, : 4000 - CLEAR - FADE], before[:, : 4000 - CLEAR - FADE])
    assert not out[:, 4000 - CLEAR :].any()


@pytest.mark.parametrize("samples", [1, 3, FADE, FADE + 1, FADE + CLEAR])
def test_little_room_is_room_enough(samples):
    before, after = noise(samples, 1), noise(samples, 2)
    out = splice(before, after, RATE)
    assert out.shape == before.shape
    assert bool(torch.isfinite(out).all())
