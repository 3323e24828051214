"""Fingerprints: equal recordings agree through every change of format, others do not."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from djtrans.core.audio.fingerprint import (
    HOP_SECONDS,
    SAME_RECORDING,
    bit_error_rate,
    fingerprint,
    matches,
)
from djtrans.core.audio.resampling import resample
from djtrans.synthesis import TrackSpec, synthesize

RATE = 22050
STRUCTURE = (("intro", 4), ("drop", 8), ("break", 4), ("drop", 8))


def track(seed, bpm=126.0):
    spec = TrackSpec(bpm=bpm, tonic=9, seed=seed, structure=STRUCTURE, sample_rate_hz=RATE)
    return synthesize(spec).audio


@pytest.fixture(scope="module")
def song():
    return track(1)


@pytest.fixture(scope="module")
def words(song):
    return fingerprint(song, RATE)


def lossy(audio, folder, name, **options):
    soundfile.write(folder / name, audio.numpy().T, RATE, **options)
    return torch.from_numpy(soundfile.read(folder / name, dtype="float32")[0].T.copy())


CHANGES = {
    "mp3": lambda x, d: (lossy(x, d, "x.mp3"), RATE),
    "ogg": lambda x, d: (lossy(x, d, "x.ogg", compression_level=0.9), RATE),
    "gain": lambda x, d: (0.05 * x, RATE),
    "inverted": lambda x, d: (-x, RATE),
    "mono at 48 kHz": lambda x, d: (resample(x.mean(dim=0, keepdim=True), RATE, 48000), 48000),
    "16 s cut off": lambda x, d: (x[:, round(16.003 * RATE) :], RATE),
    "silence before": lambda x, d: (torch.nn.functional.pad(x, (round(29.7 * RATE), 0)), RATE),
    "half a hop later": lambda x, d: (x[:, round(7.5 * HOP_SECONDS * RATE) :], RATE),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_recording_is_found_whatever_its_format(song, words, tmp_path, change):
    changed = fingerprint(*CHANGES[change](song, tmp_path))
    assert matches([words, changed])[0, 1] < 0.15
    assert list(matches([changed, words])) == [(0, 1)]


def test_other_songs_are_not_even_with_the_same_tempo_and_key(words):
    others = [fingerprint(track(seed), RATE) for seed in (2, 3)]
    assert matches([words, *others]) == {}
    rates = [bit_error_rate(words, other, offset) for other in others for offset in range(-80, 80)]
    assert min(rates) > SAME_RECORDING + 0.05


def test_one_bit_in_32_of_every_word_is_an_error_rate_of_one_in_32(words):
    assert bit_error_rate(words, words, 0) == 0.0
    flipped = np.where(words != 0, words ^ np.uint32(1 << 20), 0).astype(np.uint32)
    assert bit_error_rate(words, flipped, 0) == pytest.approx(1 / 32, abs=1e-6)
    assert bit_error_rate(words, ~words, 0) == pytest.approx(1.0, abs=1e-3)


def test_silence_and_very_short_audio_match_nothing(words):
    silent = fingerprint(torch.zeros(2, 20 * RATE), RATE)
    assert not silent.any()
    short = fingerprint(torch.zeros(1, 100), RATE)
    assert len(short) == 0
    assert matches([silent, silent, short, short]) == {}
    assert matches([words, words[:100]]) == {}  # 2 s: too short to say
    assert matches([]) == {}
