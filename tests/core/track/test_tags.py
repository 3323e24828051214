from __future__ import annotations

import struct

import av
import numpy as np
import pytest
import torch

from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.track.tags import Tags, clean, read_tags
from djtrans.core.track.track import load_track
from tests.helpers.audio_files import RATE


def tagged(path, codec, **tags):
    with av.open(path, "w") as out:
        out.metadata.update(tags)
        stream = out.add_stream(codec, rate=RATE, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((2, 4096), np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts = RATE, 0
        stream.codec_context.open()
        to_codec = av.AudioResampler(
            stream.codec_context.format, "stereo", RATE, stream.codec_context.frame_size
        )
        for part in [*to_codec.resample(frame), *to_codec.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("extension", "codec", "bpm", "key"),
    [
        (".mp3", "libmp3lame", "TBPM", "TKEY"),
        (".flac", "flac", "BPM", "INITIALKEY"),
        (".aiff", "pcm_s16be", "TBPM", "TKEY"),
    ],
)
def test_tags_are_read(tmp_path, extension, codec, bpm, key):
    path = tmp_path / f"x{extension}"
    texts = {"title": "Ночь $1", "artist": "Ärt", bpm: "128.5", key: "8A"}
    gain = {"REPLAYGAIN_TRACK_GAIN": "-6.50 dB"}
    if extension == ".aiff":
        with av.open(path, "w", options={"write_id3v2": "1"}) as out:
            out.metadata.update(texts | gain)
            stream = out.add_stream(codec, rate=RATE, layout="stereo")
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 2000), np.int16), format="s16", layout="stereo"
            )
            frame.sample_rate, frame.pts = RATE, 0
            out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    else:
        tagged(path, codec, **texts, **gain)
    expected = Tags(title="Ночь $1", artist="Ärt", bpm=128.5, key="8A", gain_db=-6.5)
    assert read_tags(path) == expected
    track = load_track(path)
    assert track.tags == expected
    assert track.tags.label(track.name) == "Ärt - Ночь $1"
    assert track.name == path.name
    assert track.decoder.startswith("libsndfile 1.")


def test_a_cover_is_known_by_its_type(tmp_path):
    png = b"\x89PNG\r\n\x1a\n" + bytes(50)
    picture = b"\0image/png\0\x03\0" + png
    frame = b"APIC" + struct.pack(">I", len(picture)) + b"\0\0" + picture
    size = len(frame)
    head = b"ID3\3\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    mp3 = write_audio(tmp_path / "x.mp3", torch.zeros(2, RATE), RATE)
    mp3.write_bytes(head + frame + mp3.read_bytes())
    assert read_tags(mp3) == Tags(cover="image/png")
    assert load_audio(mp3)[0].shape == (2, RATE)


def test_tags_are_one_line_without_control_characters(tmp_path):
    path = tagged(
        tmp_path / "x.flac", "flac", title="a\x1b[2J\nb\u202ec\u200b", artist="x" * 5000, BPM="0"
    )
    tags = read_tags(path)
    assert tags.title == "a[2J bc"
    assert tags.artist == "x" * 119 + "…"
    assert tags.bpm is None
    assert clean("\ud800ok") == "ok"


@pytest.mark.parametrize("text", ["", "fast", "-3", "1e9", "nan", "0.5"])
def test_numbers_that_are_none_are_no_tempo(tmp_path, text):
    assert read_tags(tagged(tmp_path / "x.flac", "flac", BPM=text)).bpm is None


def test_without_tags_the_file_name_is_shown(tmp_path):
    path = write_audio(tmp_path / "x.wav", torch.zeros(2, 1000), 8000)
    assert read_tags(path) == Tags()
    assert Tags().label("x.wav") == "x.wav"
    assert Tags(title="T").label("x.wav") == "T"


def test_damaged_tags_are_a_warning(tmp_path):
    path = tmp_path / "x.flac"
    path.write_bytes(b"fLaC\x84\0\0\x10" + b"\xff" * 16)
    with pytest.warns(UserWarning, match="tags cannot be read"):
        assert read_tags(path) == Tags()


@pytest.mark.parametrize(
    ("tag", "analyzed", "remark"),
    [
        (128.0, 128.9, False),
        (128.0, 130.0, True),
        (64.0, 128.0, False),
        (174.0, 87.2, False),
        (128.0, 85.3, True),
        (32.0, 128.0, True),
        (None, 128.0, False),
    ],
)
def test_a_tempo_that_differs_is_remarked(tag, analyzed, remark):
    assert bool(Tags(bpm=tag).tempo_remark(analyzed)) == remark


def test_texts_are_written_and_read_back(tmp_path):
    for extension in (".wav", ".flac", ".ogg", ".mp3", ".aiff"):
        texts = {"title": "Ä - x into B $1", "artist": "Ä, B", "software": "djtrans 1"}
        path = write_audio(tmp_path / f"x{extension}", torch.zeros(2, RATE), RATE, texts=texts)
        with av.open(path) as found:
            stored = found.metadata | found.streams[0].metadata
        stored = {name.lower(): text for name, text in stored.items()}
        assert stored["title"] == "Ä - x into B $1"
        assert stored.get("artist", stored.get("author")) == "Ä, B"
        if extension in (".wav", ".flac", ".ogg"):
            assert "djtrans 1" in stored.get("software", "") + stored.get("encoder", "")
        assert load_audio(path)[0].shape == (2, RATE)
