"""The boxes of MP4 files that are put together by hand, byte by byte."""

from __future__ import annotations

import io
import struct

import pytest

from djtrans.core.audio.decoding.mp4 import Mp4Audio, missing_bytes, read_audio_track

#: AAC-LC, 44.1 kHz, 2 channels.
STEREO = bytes([0x12, 0x10])
SIZES = (10, 20, 30)


def box(name: bytes, *body: bytes, long: bool = False) -> bytes:
    content = b"".join(body)
    if long:
        return struct.pack(">I4sQ", 1, name, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), name) + content


def full(name: bytes, *body: bytes, version: int = 0) -> bytes:
    """A box that begins with its version and flags."""
    return box(name, bytes([version, 0, 0, 0]), *body)


def integers(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def esds(config: bytes, *, before: bytes = b"") -> bytes:
    own = before + bytes([5, len(config)]) + config
    inner = bytes([4, 13 + len(own)]) + bytes(13) + own
    # The size of the outer descriptor in four bytes, as many writers have it.
    return full(b"esds", bytes([3, 0x80, 0x80, 0x80, 3 + len(inner)]), bytes(3), inner)


def entry(config: bytes = STEREO, name: bytes = b"mp4a", version: int = 0, **options) -> bytes:
    """The sample entry: 8 bytes of its own, and the head of an audio one."""
    head = bytes(8) + struct.pack(">HHI", version, 0, 0) + struct.pack(">HHI", 2, 16, 0)
    more = bytes({1: 16, 2: 36}.get(version, 0))
    return box(name, head, struct.pack(">I", 44100 << 16), more, esds(config, **options))


def mdhd(version: int = 0, scale: int = 44100) -> bytes:
    return full(b"mdhd", bytes(16 if version else 8), integers(scale, 0), version=version)


def trak(
    sample: bytes | None = None,
    *,
    edits: bytes = b"",
    times: bytes | None = None,
    handler: bytes = b"soun",
    tables: bytes | None = None,
) -> bytes:
    if tables is None:
        tables = (
            full(b"stsz", integers(0, len(SIZES), *SIZES))
            + full(b"stsc", integers(1, 1, len(SIZES), 1))
            + full(b"stco", integers(1, 1000))
        )
    stsd = full(b"stsd", integers(1), entry() if sample is None else sample)
    return box(
        b"trak",
        edits,
        box(
            b"mdia",
            mdhd() if times is None else times,
            full(b"hdlr", bytes(4), handler),
            box(b"minf", box(b"stbl", stsd, tables)),
        ),
    )


def elst(*entries: tuple[int, int], version: int = 0) -> bytes:
    form = ">QqI" if version else ">IiI"
    packed = [struct.pack(form, duration, start, 1 << 16) for duration, start in entries]
    return box(b"edts", full(b"elst", integers(len(entries)), *packed, version=version))


MVHD = full(b"mvhd", bytes(8), integers(1000, 0))


def read(*content: bytes, long: bool = False) -> Mp4Audio | None:
    data = box(b"ftyp", b"M4A ") + box(b"moov", MVHD, *content, long=long)
    return read_audio_track(io.BytesIO(data), 0, len(data))


def test_packets_and_codec_of_the_first_audio_track():
    found = read(trak(handler=b"vide"), trak(edits=elst((2000, 2112))))
    assert found == Mp4Audio(
        codec="aac",
        config=STEREO,
        sample_rate=44100,
        packets=((1000, 10), (1010, 20), (1030, 30)),
        skip=2112,
        length=2 * 44100,  # 2000 of the movie's thousandths
    )
    assert found.channels == 2


@pytest.mark.parametrize("version", [1, 2])
def test_entries_of_quicktime_have_a_longer_head(version):
    assert read(trak(entry(version=version))) == read(trak())


def test_a_large_box_has_its_size_in_eight_bytes():
    assert read(trak(), long=True) == read(trak())


def test_times_of_64_bits():
    found = read(trak(edits=elst((500, 1024), version=1), times=mdhd(version=1)))
    assert (found.skip, found.length) == (1024, 22050)


def test_an_edit_without_duration_goes_to_the_end():
    found = read(trak(edits=elst((0, 1024))))
    assert (found.skip, found.length) == (1024, None)


@pytest.mark.parametrize("entries", [((1000, 0), (1000, 44100)), ((1000, -1),)])
def test_content_in_parts_or_after_a_pause_is_left_to_others(entries):
    assert read(trak(edits=elst(*entries))) is None


def gap_text(text: bytes, name: bytes = b"iTunSMPB") -> bytes:
    item = box(b"----", full(b"name", name), full(b"data", bytes(4), text))
    return box(b"udta", full(b"meta", box(b"ilst", box(b"\xa9nam", b"title"), item)))


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (b" 00000000 00000840 0000037C 00000000000AC44", b"iTunSMPB", (0x840, 0xAC44)),
        (b" 00000000 00000840 0000037C 0000000000000000", b"iTunSMPB", (0x840, None)),
        (b" 00000000 00000840", b"iTunSMPB", (0, None)),
        (b" 00000000 00000840 0000037C 00000000000AC44", b"iTunNORM", (0, None)),
    ],
)
def test_gaps_of_itunes_stand_in_a_text(text, name, expected):
    found = read(trak(), gap_text(text, name))
    assert (found.skip, found.length) == expected


@pytest.mark.parametrize(
    "config",
    [
        bytes([0x2A, 0x10]),  # HE-AAC, object type 5
        bytes([0x13, 0x90]),  # 22.05 kHz: SBR may not be announced
        bytes([0x12, 0x30]),  # 6 channels
        bytes([0x17, 0x90]),  # a rate that the table lacks
        STEREO + b"\x56\xe5\x80",  # SBR is announced
        b"",
    ],
)
def test_other_kinds_of_aac_are_left_to_others(config):
    assert read(trak(entry(config))).codec == ""


def test_sbr_that_is_announced_as_absent_is_plain_aac():
    assert read(trak(entry(STEREO + b"\x56\xe5\x00"))).codec == "aac"


def test_descriptors_before_the_configuration_are_passed_over():
    assert read(trak(entry(before=bytes([6, 1, 2])))) == read(trak())


def test_another_codec_has_no_name():
    found = read(trak(entry(name=b"ac-3")))
    assert (found.codec, found.sample_rate) == ("", 0)


def tables(sizes: bytes, offsets: bytes) -> bytes:
    return full(b"stsz", sizes) + full(b"stsc", integers(1, 1, 2, 1)) + offsets


def test_packets_of_one_size_at_offsets_of_64_bits():
    wide = full(b"co64", integers(2), struct.pack(">QQ", 5_000_000_000, 6_000_000_000))
    found = read(trak(tables=tables(integers(7, 4), wide)))
    assert found.packets == (
        (5_000_000_000, 7),
        (5_000_000_007, 7),
        (6_000_000_000, 7),
        (6_000_000_007, 7),
    )


@pytest.mark.parametrize(
    "damaged",
    [
        trak(tables=b""),
        trak(tables=tables(integers(7, 20_000_000), full(b"stco", integers(1, 0)))),
        trak(tables=tables(integers(0, 3, 1), full(b"stco", integers(1, 0)))),
        trak(entry(name=b"alac")),
        trak(entry().replace(bytes([5, len(STEREO)]) + STEREO, bytes([6, len(STEREO)]) + STEREO)),
        trak(edits=elst((500, 0)), times=mdhd(scale=0)),
        trak(handler=b"vide"),
        box(b"trak"),
    ],
)
def test_what_does_not_fit_together_is_no_audio_track(damaged):
    assert read(damaged) is None


def test_files_in_fragments_or_without_content_are_left_to_others():
    movie = box(b"moov", MVHD, trak())
    for data in (movie + box(b"moof"), box(b"ftyp", b"M4A "), integers(4) + b"moov"):
        assert read_audio_track(io.BytesIO(data), 0, len(data)) is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (box(b"ftyp", bytes(8)) + box(b"mdat", bytes(100)), None),
        (box(b"ftyp", bytes(8)) + box(b"mdat", bytes(100))[:-30], (124, 94)),
        (box(b"mdat", bytes(100), long=True)[:-1], (116, 115)),
        (box(b"ftyp") + integers(0) + b"mdat" + bytes(50), None),  # to the end of the file
        (box(b"ftyp") + integers(5) + b"pad " + bytes(50), None),
    ],
)
def test_a_file_that_is_cut_off_declares_more_than_it_has(data, expected):
    assert missing_bytes(io.BytesIO(data), 0, len(data)) == expected
