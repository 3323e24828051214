"""Tracks that are decoded on first use: equal to decoded ones, and known without decoding."""

from __future__ import annotations

import pytest
import torch

import djtrans
from djtrans.core.errors import AudioFileError
from djtrans.core.track import lazy_track
from djtrans.core.track.lazy_track import KIND, LazyTrack, keep_samples_hash
from djtrans.core.track.track import load_track, samples_hash
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
