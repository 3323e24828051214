"""Serato: tags as J. Holthuis documents them, in each kind of file."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile
import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import LibraryError
from djtrans.core.track.corrections import GridAnchor
from djtrans.core.track.cue import Cue
from djtrans.plugins.libraries.serato import SeratoTags
from tests.helpers.dj_libraries import (
    general_object,
    id3_tag,
    in_lines,
    serato_grid,
    serato_markers,
)

#: The example in the documentation of the tag: 0.305 s, 115 BPM.
EXAMPLE = bytes.fromhex("01 00 00 00 00 01 3e 9c 28 38 42 e6 00 00 37")
MARKERS = serato_markers(
    cues=[(0, 500, ""), (3, 61250, "Hello, Wörld!")], loops=[(1, 1000, 3086, "")]
)


def read(file):
    (entry,) = SeratoTags(NoConfig()).read(str(file))
    return entry.corrections


def id3(grid, markers=MARKERS, version=4, key=b"\0" + b"8A"):
    return id3_tag(
        [
            ("TKEY", key),
            ("GEOB", general_object("Serato Analysis", b"\2\1")),
            ("GEOB", general_object("Serato BeatGrid", grid)),
            ("GEOB", general_object("Serato Markers2", markers)),
        ],
        version,
    )


@pytest.fixture
def mp3(tmp_path):
    audio = write_audio(tmp_path / "plain.mp3", torch.zeros(1, 44100), 44100)

    def write(tag):
        file = tmp_path / "a.mp3"
        file.write_bytes(tag + audio.read_bytes())
        return file

    return write


@pytest.mark.parametrize("version", [3, 4])
def test_the_example_of_the_documentation(mp3, version):
    given = read(mp3(id3(EXAMPLE, version=version)))
    (anchor,) = given.anchors
    assert anchor.seconds == pytest.approx(0.305, abs=1e-4)
    assert (anchor.bpm, anchor.beat) == (115.0, 0)
    assert given.key == "8A"
    assert given.cues == (
        Cue("cue 1", 0.5),
        Cue("loop 2", 1.0, 3.086),
        Cue("Hello, Wörld!", 61.25),
    )


def test_markers_state_beats_up_to_the_next(mp3):
    given = read(mp3(id3(serato_grid([(0.5, 32), (16.5, 40), 36.5], 100.0))))
    assert given.anchors == (
        GridAnchor(0.5, 120.0, 0),
        GridAnchor(16.5, 120.0, None),
        GridAnchor(36.5, 100.0, None),
    )


def test_descriptions_may_be_utf_16(mp3):
    name = "Serato BeatGrid".encode("utf-16") + b"\0\0"
    content = b"\1application/octet-stream\0" + b"\xff\xfe\0\0" + name + EXAMPLE
    assert read(mp3(id3_tag([("GEOB", content)]))).anchors[0].bpm == 115.0


def test_aiff_and_wav_have_the_tag_in_a_chunk(tmp_path):
    tag = id3(EXAMPLE)
    tag += bytes(len(tag) % 2)
    for suffix, name, order in ((".aiff", b"ID3 ", ">"), (".wav", b"id3 ", "<")):
        file = write_audio(tmp_path / f"a{suffix}", torch.zeros(1, 44100), 44100)
        body = file.read_bytes()[8:] + name + struct.pack(f"{order}I", len(tag)) + tag
        head = b"FORM" if suffix == ".aiff" else b"RIFF"
        file.write_bytes(head + struct.pack(f"{order}I", len(body)) + body)
        assert read(file).anchors[0].bpm == 115.0, suffix


def encoded(name, data):
    return in_lines(b"application/octet-stream\0\0" + name + b"\0" + data)


def test_flac_has_comments(tmp_path):
    file = tmp_path / "a.flac"
    soundfile.write(file, np.zeros(44100), 44100)
    raw = file.read_bytes()
    comments = [
        b"SERATO_BEATGRID=" + encoded(b"Serato BeatGrid", EXAMPLE),
        b"SERATO_MARKERS_V2=" + encoded(b"Serato Markers2", MARKERS),
    ]
    block = struct.pack("<I", 0) + struct.pack("<I", len(comments))
    block += b"".join(struct.pack("<I", len(text)) + text for text in comments)
    # The stream information is the first block, of 34 bytes; it is no longer the last.
    info = bytes([raw[4] & 0x7F]) + raw[5 : 8 + 34]
    file.write_bytes(b"fLaC" + info + b"\4" + len(block).to_bytes(3, "big") + block + raw[42:])
    given = read(file)
    assert given.anchors[0].bpm == 115.0
    assert len(given.cues) == 3


def atom(name, content):
    return struct.pack(">I", 8 + len(content)) + name + content


def test_mp4_has_free_form_items(tmp_path):
    def item(label, name, data):
        return atom(
            b"----",
            atom(b"mean", bytes(4) + b"com.serato.dj")
            + atom(b"name", bytes(4) + label)
            + atom(b"data", bytes(8) + encoded(name, data)),
        )

    items = item(b"beatgrid", b"Serato BeatGrid", EXAMPLE)
    items += item(b"markersv2", b"Serato Markers2", MARKERS)
    tags = atom(b"udta", atom(b"meta", bytes(4) + atom(b"ilst", items)))
    file = tmp_path / "a.m4a"
    file.write_bytes(atom(b"ftyp", b"M4A \0\0\0\0") + atom(b"moov", tags) + atom(b"mdat", b"x"))
    given = read(file)
    assert given.anchors[0].bpm == 115.0
    assert len(given.cues) == 3


def test_files_without_or_with_damaged_tags_are_refused(mp3):
    with pytest.raises(LibraryError, match="no tags of Serato"):
        read(mp3(b""))
    with pytest.raises(LibraryError, match="damaged tags of Serato: its beat grid is cut off"):
        read(mp3(id3(EXAMPLE[:9])))
    with pytest.raises(LibraryError, match="damaged tags of Serato"):
        read(mp3(id3(serato_grid([(1.0, 4), 1.0], 120.0))))


@pytest.mark.parametrize("size", range(30, 240, 7))
def test_markers_that_are_cut_off_lose_only_the_last(mp3, size):
    whole = read(mp3(id3(EXAMPLE))).cues
    assert set(read(mp3(id3(EXAMPLE, MARKERS[:size]))).cues) <= set(whole)
