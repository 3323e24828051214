"""Tracks: rate, channels, and the content or file that identifies them."""

from __future__ import annotations

import hashlib

import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.track.track import Track, load_track

AUDIO = torch.linspace(-0.5, 0.5, 2000).reshape(2, 1000)


def test_audio_without_a_file_is_identified_by_its_samples():
    first = Track(AUDIO, 44100).sha256
    assert len(first) == 64
    assert Track(AUDIO.clone(), 44100, name="other").sha256 == first
    others = (
        Track(AUDIO, 48000),
        Track(AUDIO.flip(0), 44100),
        Track(AUDIO.reshape(1, 2000), 44100),
        Track(AUDIO + 1e-6, 44100),
    )
    assert len({first, *(other.sha256 for other in others)}) == 5


def test_a_converted_track_keeps_its_hash():
    assert Track(AUDIO, 44100).at_rate(22050, 1).sha256 == Track(AUDIO, 44100).sha256
    assert Track(AUDIO, 44100, sha256="ab").sha256 == "ab"


def test_a_track_knows_its_file(tmp_path):
    path = write_audio(tmp_path / "song.wav", torch.zeros(1, 4000), 8000)
    track = load_track(path)
    assert (track.name, track.sample_rate, track.duration_seconds) == ("song.wav", 8000, 0.5)
    assert track.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_channels_are_averaged_or_repeated():
    stereo = Track(torch.tensor([[0.5, 0.25], [-0.5, 0.75]]), 8000, "x", "hash")
    mono = stereo.at_rate(8000, 1)
    assert mono.audio.tolist() == [[0.0, 0.5]]
    assert (mono.name, mono.sha256) == ("x", "hash")
    assert mono.at_rate(8000, 2).audio.tolist() == [[0.0, 0.5], [0.0, 0.5]]
    assert torch.equal(stereo.at_rate(8000, 2).audio, stereo.audio)


def test_another_rate_keeps_the_duration():
    track = Track(torch.zeros(2, 44100), 44100).at_rate(22050, 2)
    assert track.sample_rate == 22050
    assert track.audio.shape == (2, 22050)
    assert track.duration_seconds == 1.0
