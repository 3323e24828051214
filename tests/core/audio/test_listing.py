"""Names of audio files."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtrans.core.audio.listing import is_audio_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.wav", True), ("A.FLAC", True), ("a.b.Mp3", True), ("a.txt", False), ("._a.wav", False),
     (".wav", False), ("wav", False), (".hidden.ogg", True)],
)  # fmt: skip
def test_audio_is_known_by_its_extension(name, expected):
    assert is_audio_name(Path("folder.wav") / name) is expected
