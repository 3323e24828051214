"""Tracks are identified by their content, also without a file."""

from __future__ import annotations

import torch

from djtrans.core.track.track import Track

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
