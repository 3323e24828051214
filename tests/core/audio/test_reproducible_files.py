"""The same audio gives the same bytes, and decodes to the same samples."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from djtrans.core.audio.reproducible_files import make_reproducible

RATE = 44100
SOUND = (0.3 * np.sin(np.arange(3 * RATE)[:, None] / [10, 17])).astype(np.float32)


def page_checksum(page: bytes) -> int:
    """Ogg's CRC-32 bit by bit (RFC 3533, section 6), with the checksum field as zeros."""
    register = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return register


def pages(data: bytes) -> list[bytes]:
    found = []
    while data:
        assert data[:4] == b"OggS"
        size = 27 + data[26] + sum(data[27 : 27 + data[26]])
        found.append(data[:size])
        data = data[size:]
    return found


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_streams_of_the_same_audio_have_the_same_bytes(tmp_path, subtype):
    files = [tmp_path / f"{i}.ogg" for i in range(3)]
    for file, sound in zip(files, (SOUND, SOUND, SOUND / 2), strict=True):
        soundfile.write(file, sound, 48000, format="OGG", subtype=subtype)
    before = [file.read_bytes() for file in files]
    decoded = soundfile.read(files[0])[0]
    assert before[0] != before[1], "libsndfile has no random serial number any more"
    for file in files:
        make_reproducible(file)
    one, again, other = (file.read_bytes() for file in files)
    assert one == again
    serials = {page[14:18] for page in pages(one)}
    assert len(serials) == 1
    assert serials.isdisjoint({page[14:18] for page in pages(other)})
    for page in pages(one):
        assert int.from_bytes(page[22:26], "little") == page_checksum(page)
    # Nothing else has changed.
    for page, was in zip(pages(one), pages(before[0]), strict=True):
        assert page[:14] + page[18:22] + page[26:] == was[:14] + was[18:22] + was[26:]
    assert np.array_equal(soundfile.read(files[0])[0], decoded)


@pytest.mark.parametrize(("extension", "container"), [("wav", "WAV"), ("aiff", "AIFF")])
def test_the_time_of_writing_is_removed(tmp_path, extension, container):
    file = tmp_path / f"a.{extension}"
    soundfile.write(file, SOUND, RATE, format=container, subtype="FLOAT")
    before = file.read_bytes()
    peak = before.index(b"PEAK")
    assert any(before[peak + 12 : peak + 16]), "libsndfile stores no time any more"
    make_reproducible(file)
    after = file.read_bytes()
    assert after == before[: peak + 12] + bytes(4) + before[peak + 16 :]
    assert np.array_equal(soundfile.read(file, dtype="float32")[0], SOUND)


@pytest.mark.parametrize(
    ("extension", "container"), [("wav", "WAV"), ("flac", "FLAC"), ("mp3", "MP3"), ("aif", "AIFF")]
)
def test_files_without_time_or_number_stay_as_they_are(tmp_path, extension, container):
    file = tmp_path / f"a.{extension}"
    soundfile.write(file, SOUND, RATE, format=container)
    before = file.read_bytes()
    make_reproducible(file)
    assert file.read_bytes() == before
