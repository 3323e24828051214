"""Offsets of each program in the four kinds of MP3 files, compared with published measurements."""

from __future__ import annotations

import io

import pytest
import torch

from djtrans.core.audio.decoding import mpeg_frames
from djtrans.core.audio.io import write_audio
from djtrans.plugins.libraries.mp3_offsets import (
    core_audio_offset,
    lame_frame_offset,
    libmad_offset,
    plain_offset,
    tag_frame_offset,
)

CASES = ("A", "B", "C", "D")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file of each case of dj-data-converter's issue 3: no tag, no LAME, wrong sum, right."""
    folder = tmp_path_factory.mktemp("mp3")
    path = write_audio(folder / "D.mp3", torch.zeros(2, 88200), 44100)
    raw = path.read_bytes()
    audio = mpeg_frames.scan(io.BytesIO(raw), 0, len(raw))
    at = raw.index(audio.tag)
    tags = {case: bytearray(audio.tag) for case in "BC"}
    tags["B"][audio.extension : audio.extension + 36] = bytes(36)
    tags["C"][audio.extension + 34 : audio.extension + 36] = bytes(2)
    tags["A"] = b""
    for case, tag in tags.items():
        path = folder / f"{case}.mp3"
        path.write_bytes(raw[:at] + bytes(tag) + raw[at + len(audio.tag) :])
    return {case: str(folder / f"{case}.mp3") for case in CASES}


def difference(files, first, second):
    return [round(1000 * (first(files[case]) - second(files[case]))) for case in CASES]


def test_traktor_minus_rekordbox(files):
    """https://github.com/digital-dj-tools/dj-data-converter/issues/3: 0, 26, 26 and 0 ms."""
    assert difference(files, tag_frame_offset, lame_frame_offset) == [0, 26, 26, 0]


def test_rekordbox_minus_mixxx_with_ffmpeg(files):
    """https://github.com/mixxxdj/mixxx/pull/2119: 26 ms in case D only."""
    assert difference(files, lame_frame_offset, plain_offset) == [0, 0, 0, 26]


def test_rekordbox_minus_mixxx_with_libmad(files):
    """https://github.com/mixxxdj/mixxx/pull/2119: 26 ms in the cases A and D."""
    assert difference(files, lame_frame_offset, libmad_offset) == [26, 0, 0, 26]


def test_rekordbox_minus_mixxx_on_macos(files):
    """https://github.com/mixxxdj/mixxx/pull/2119: 12, 13, 26 and 50 ms."""
    found = difference(files, lame_frame_offset, core_audio_offset)
    assert found == pytest.approx([12, 13, 26, 50], abs=1)


def test_serato_minus_mixxx_with_libmad(files):
    """https://github.com/mixxxdj/mixxx/pull/2526: 26 ms."""
    assert difference(files, tag_frame_offset, libmad_offset) == [26, 26, 26, 26]


def test_mixxx_chooses_its_decoder_by_the_system_of_the_library(files):
    from djtrans.core.track.corrections import TrackCorrections
    from djtrans.core.track.library import LibraryEntry
    from djtrans.plugins.libraries import MixxxConfig
    from djtrans.plugins.libraries.mixxx import MixxxDatabase

    def offset(location, decoder="auto"):
        entry = LibraryEntry(location=location, corrections=TrackCorrections())
        return MixxxDatabase(MixxxConfig(decoder)).offset_seconds(entry, files["A"])

    assert offset("/Users/ada/a.mp3") == core_audio_offset(files["A"]) != 0
    assert offset("/home/ada/a.mp3") == offset("C:/a.mp3") == libmad_offset(files["A"]) != 0
    assert offset("/Users/ada/a.mp3", "ffmpeg") == plain_offset(files["A"]) == 0


def test_serato_minus_the_music(files):
    """Holzhaus/serato-tags: the example's grid is 50.1 ms later in MP3 than in AIFF and FLAC."""
    assert 1000 * tag_frame_offset(files["D"]) == pytest.approx(304.99 - 254.86, abs=1.5)
