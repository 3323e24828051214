from __future__ import annotations

import io

import pytest
import soundfile
import torch

from djtrans.core.audio.loudness import integrated_lufs, true_peak_db
from djtrans.report.listening_page.audio import encode, equal_power_crossfade, matching_gains

RATE = 44100


def noise(level, seed=0, seconds=1.0):
    generator = torch.Generator().manual_seed(seed)
    return level * torch.randn(2, round(seconds * RATE), generator=generator)


def test_all_players_get_one_loudness_and_none_a_peak_above_the_ceiling():
    players = {"mix": noise(0.05), "quiet": noise(0.005, 1), "peaky": noise(0.03, 2)}
    players["peaky"][:, RATE // 2] = 0.9
    gains = matching_gains(players, RATE)
    matched = {name: audio * 10 ** (gains[name] / 20) for name, audio in players.items()}
    loudness = [integrated_lufs(audio, RATE) for audio in matched.values()]
    assert max(loudness) - min(loudness) < 0.05
    assert max(true_peak_db(audio, RATE) for audio in matched.values()) < -0.95
    assert max(loudness) <= max(integrated_lufs(x, RATE) for x in players.values()) + 0.05


def test_silence_has_no_gain():
    silent = torch.zeros(2, RATE)
    assert matching_gains({"mix": silent}, RATE) == {"mix": 0.0}
    gains = matching_gains({"mix": noise(0.1), "b": silent}, RATE)
    assert gains["b"] == 0.0
    assert gains["mix"] == pytest.approx(0.0, abs=4.0)


def test_the_crossfade_keeps_the_power_of_independent_tracks():
    a, b = noise(0.1, 1, 4.0), noise(0.1, 2, 4.0)
    mixed = equal_power_crossfade(a, b, RATE, 3 * RATE)
    assert torch.equal(mixed[:, :RATE], a[:, :RATE])
    assert torch.allclose(mixed[:, 3 * RATE :], b[:, 3 * RATE :], atol=1e-6)
    power = mixed.square().unflatten(-1, (8, -1)).mean(dim=(0, -1))
    assert float(power.max() / power.min()) < 1.1


def test_a_window_that_begins_before_the_audio_is_faded_from_its_middle():
    a, b = torch.ones(1, 101), torch.zeros(1, 101)
    mixed = equal_power_crossfade(a, b, -100, 100)
    assert float(mixed[0, 0]) == pytest.approx(2**-0.5, abs=1e-4)
    assert float(mixed[0, 100]) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(("rate", "stored"), [(44100, 44100), (22050, 22050), (96000, 48000)])
def test_an_encoded_stream_is_a_small_mp3_of_the_same_sound(rate, stored):
    seconds = torch.arange(rate).double() / rate
    tone = (0.5 * torch.sin(2 * torch.pi * 440 * seconds)).float().expand(2, -1)
    encoded = encode(tone, rate)
    assert len(encoded) < 0.15 * tone.numel() * 2
    decoded, read_rate = soundfile.read(io.BytesIO(encoded))
    assert read_rate == stored
    assert abs(len(decoded) - stored) < 0.1 * stored
    middle = decoded[stored // 4 : stored // 2]
    assert (middle**2).mean() == pytest.approx(0.125, rel=0.02)
