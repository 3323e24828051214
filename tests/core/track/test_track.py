"""Tracks: rate, channels, and the file they come from."""

from __future__ import annotations

import hashlib

import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.track.track import Track, load_track


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
