"""Tracks that are decoded on first use: equal to decoded ones, and known without decoding."""

from __future__ import annotations

import random
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import soundfile
import torch

import djtrans
from djtrans.core.audio.io import decode
from djtrans.core.errors import AudioFileError
from djtrans.core.track import lazy_track
from djtrans.core.track.lazy_track import KIND, LazyTrack, keep_samples_hash, open_track
from djtrans.core.track.track import Track, load_track, samples_hash
from djtrans.core.util.cache import default_cache

RATE = 22050


@pytest.fixture
def file(tmp_path):
    noise = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    return djtrans.write_audio(tmp_path / "noise.wav", 0.1 * noise + 0.01, RATE)


def forbid(monkeypatch):
    def fail(path):
        raise AssertionError(f"{path} was decoded")

    monkeypatch.setattr(lazy_track, "load_track", fail)


def test_its_audio_is_that_of_a_loaded_track(file):
    expected = load_track(file).without_dc().at_rate(44100, 2)
    lazy = LazyTrack(file, 44100, 2)
    assert torch.equal(lazy.audio, expected.audio)
    assert (lazy.name, lazy.sha256, lazy.sample_rate) == ("noise.wav", expected.sha256, 44100)
    assert lazy.samples_hash == samples_hash(expected.audio, 44100)


def test_the_hash_of_the_samples_is_known_without_decoding_them_again(
    file, cache_folder, monkeypatch
):
    first = LazyTrack(file, 44100, 2).samples_hash
    forbid(monkeypatch)
    assert LazyTrack(file, 44100, 2).samples_hash == first
    assert default_cache().info()[KIND].entries == 1
    with pytest.raises(AssertionError, match="was decoded"):
        _ = LazyTrack(file, 48000, 2).samples_hash


def test_a_track_that_was_decoded_elsewhere_is_known_too(file, cache_folder, monkeypatch):
    track = load_track(file).without_dc().at_rate(48000, 1)
    keep_samples_hash(track)
    forbid(monkeypatch)
    assert LazyTrack(file, 48000, 1).samples_hash == samples_hash(track.audio, 48000)


def test_another_content_is_decoded_again(file, cache_folder):
    before = LazyTrack(file, RATE, 1).samples_hash
    djtrans.write_audio(file, 0.5 * torch.sin(torch.arange(RATE) / 9.0)[None], RATE)
    assert LazyTrack(file, RATE, 1).samples_hash != before


def test_a_missing_file_is_found_at_once(tmp_path):
    with pytest.raises(AudioFileError, match="does not exist"):
        LazyTrack(tmp_path / "none.wav", RATE, 1)


def test_a_file_is_decoded_once_and_then_only_when_its_samples_are_needed(
    file, cache_folder, monkeypatch
):
    first = open_track(file)
    assert isinstance(first, Track)
    keep_samples_hash(first)
    again = open_track(file)
    assert isinstance(again, LazyTrack)
    with monkeypatch.context() as patch:
        forbid(patch)
        facts = ("name", "path", "sha256", "sample_rate", "channels", "duration_seconds")
        for name in (*facts, "decoder", "tags", "samples_hash"):
            assert getattr(again, name) == getattr(first, name), name
        stereo = again.at_rate(RATE, 2)
        assert (stereo.channels, stereo.duration_seconds) == (2, 1.0)
    assert torch.equal(again.audio, first.audio)
    faster = again.at_rate(44100, 2)
    assert faster.duration_seconds == first.at_rate(44100, 2).duration_seconds
    assert torch.equal(faster.audio, first.at_rate(44100, 2).audio)


def test_a_file_that_gives_a_warning_gives_it_every_time(tmp_path, cache_folder):
    offset = djtrans.write_audio(tmp_path / "offset.wav", torch.full((1, RATE), 0.1), RATE)
    for _ in range(2):
        with pytest.warns(UserWarning, match="DC offset of -20.0 dBFS"):
            assert isinstance(open_track(offset), Track)
    surround = tmp_path / "surround.wav"
    soundfile.write(surround, torch.full((RATE, 6), 0.001).numpy(), RATE)
    for _ in range(2):
        with pytest.warns(UserWarning, match="6 channels"):
            assert isinstance(open_track(surround), Track)


def test_damaged_frames_are_known_after_decoding(file, tmp_path):
    noise = 0.1 * torch.randn(1, 3 * RATE, generator=torch.Generator().manual_seed(1))
    whole = djtrans.write_audio(tmp_path / "whole.mp3", noise, RATE)
    alone = threading.active_count() == 1
    assert decode(whole).warned != alone
    # Beside another thread it is unknown.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(decode, whole).result().warned
    assert not decode(file).warned
    damaged, found = tmp_path / "damaged.mp3", []
    for seed in range(12):
        chance, data = random.Random(seed), bytearray(whole.read_bytes())
        for _ in range(60):
            data[chance.randrange(3000, len(data))] ^= 1 << chance.randrange(8)
        damaged.write_bytes(data)
        with warnings.catch_warnings(record=True) as caught, suppress(AudioFileError):
            warnings.simplefilter("always")
            decoded = decode(damaged)
            if alone:
                assert decoded.warned == any("damaged MPEG" in str(w.message) for w in caught)
            found.append(decoded.warned)
    assert any(found) if alone else all(found)
