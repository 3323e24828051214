"""What is done to a track after it was played, against what it is told to do."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from djtrans.core.track.stems import Stems
from djtrans.synthesis.production import Production, through_mp3

RATE = 44100
NAMES = ("drums", "bass", "vocals", "other")


def tones(level=0.05):
    """A stem each of 60, 1000, 9000 and 60 Hz, stereo, two seconds."""
    time = torch.arange(2 * RATE) / RATE
    audio = torch.stack([level * torch.sin(2 * math.pi * hz * time) for hz in (60, 1000, 9000, 60)])
    return Stems(audio[:, None].repeat(1, 2, 1).contiguous(), NAMES, RATE)


def levels(stems):
    return 20 * stems.audio[..., RATE:].square().mean(dim=(1, 2)).sqrt().log10()


def test_each_band_of_each_stem_is_at_its_gain():
    made = Production(gains_db=((6.0, 0.0, 0.0), (0.0, -4.0, 0.0), (0.0, 0.0, 4.0), (0.0,) * 3))
    change = levels(made(tones())) - levels(tones())
    # All are then set to one peak, so what counts is how they stand to each other.
    assert (change - change[3])[:3].tolist() == pytest.approx([6.0, -4.0, 4.0], abs=1.0)


def test_no_gain_leaves_the_sound_as_it_is_but_for_its_level():
    before, after = tones(), Production(gains_db=((0.0,) * 3,) * 4)(tones())
    ratio = float(after.audio.abs().max() / before.audio.abs().max())
    torch.testing.assert_close(after.audio, before.audio * ratio, atol=1e-6, rtol=1e-4)
    assert float(after.mix.abs().max()) == pytest.approx(10 ** (-1 / 20), rel=1e-4)


def test_a_stem_may_be_silent():
    silent = (-math.inf,) * 3
    made = Production(gains_db=((0.0,) * 3, silent, (0.0,) * 3, (0.0,) * 3), drive_db=6.0)(tones())
    assert made.audio[1].abs().max() == 0.0
    assert torch.isfinite(made.audio).all()


def test_the_limiter_holds_the_ceiling_and_makes_the_mix_louder():
    rng = np.random.default_rng(0)
    audio = tones().audio
    for at in rng.integers(0, audio.shape[-1] - 100, 12):
        audio[0, :, at : at + 80] += 0.8
    stems = Stems(audio, NAMES, RATE)
    plain, driven = (Production(gains_db=((0.0,) * 3,) * 4, drive_db=d)(stems) for d in (0.0, 9.0))
    assert float(driven.mix.abs().max()) <= 10 ** (-0.3 / 20) + 1e-4
    louder = 20 * math.log10(float(driven.mix.square().mean() / plain.mix.square().mean())) / 2
    assert louder > 3.0


def test_drawn_within_what_was_said():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        made = Production.draw(rng, 4, level_db=8.0, tone_db=3.0, drive_db=6.0)
        assert np.abs(made.gains_db).max() <= 11.0
        assert np.ptp(made.gains_db, axis=1).max() <= 6.0
        assert 0.0 <= made.drive_db <= 6.0


@pytest.mark.parametrize("quality", [0.0, 1.0])
def test_mp3_keeps_length_time_and_what_is_below_its_cutoff(quality):
    sound = tones().mix + 0.02 * torch.randn(
        2, 2 * RATE, generator=torch.Generator().manual_seed(0)
    )
    heard = through_mp3(sound, RATE, quality)
    assert heard.shape == sound.shape
    assert not torch.equal(heard, sound)
    error = (heard - sound)[:, 4000:-4000].square().mean() / sound.square().mean()
    assert 10 * math.log10(float(error)) < -8.0
