"""Starts of MP3 files: the four cases of the info tag, and what djtrans removes, measured."""

from __future__ import annotations

import io

import pytest
import torch

from djtrans.core.audio.decoding import mpeg_frames
from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.audio.mp3_timing import mp3_timing

#: Delay of LAME's encoder and of every decoder (LAME's technical FAQ).
LAME_DELAY, DECODER_DELAY = 576, 529


def click(path, rate, channels):
    audio = torch.zeros(channels, 3 * rate)
    audio[:, rate] = 0.9
    return write_audio(path, audio, rate)


def position(path):
    return int(load_audio(path)[0][0].abs().argmax())


def edited(path, edit):
    """Edit the frame of the info tag: a function of its bytes and of the extension's offset."""
    raw = path.read_bytes()
    audio = mpeg_frames.scan(io.BytesIO(raw), 0, len(raw))
    at = raw.index(audio.tag)
    tag = edit(bytearray(audio.tag), audio.extension)
    path.write_bytes(raw[:at] + bytes(tag) + raw[at + len(audio.tag) :])
    return path


def without_tag(tag, at):
    return b""


def plain(tag, at):
    tag[at : at + 36] = bytes(36)
    return tag


def wrong_checksum(tag, at):
    tag[at + 34] ^= 1
    return tag


def no_checksum(tag, at):
    tag[at + 34 : at + 36] = bytes(2)
    return tag


def lavc(tag, at):
    tag[at : at + 4] = b"Lavc"
    return tag


@pytest.mark.parametrize(("rate", "frame"), [(44100, 1152), (48000, 1152), (22050, 576)])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_file_of_lame_has_no_delay_left(tmp_path, rate, frame, channels):
    file = click(tmp_path / "a.mp3", rate, channels)
    timing = mp3_timing(file)
    assert timing.info_tag == "lame"
    assert timing.frame_seconds == frame / rate
    assert timing.skipped_seconds == pytest.approx((LAME_DELAY + DECODER_DELAY) / rate)
    assert timing.decoder_seconds == DECODER_DELAY / rate
    assert position(file) == rate


@pytest.mark.parametrize(
    ("edit", "case", "removed"),
    [
        (without_tag, "none", False),
        (plain, "plain", False),
        (lavc, "plain", True),
        (wrong_checksum, "unchecked", True),
        (no_checksum, "unchecked", True),
    ],
)
def test_the_delay_that_is_left_is_not_counted_as_removed(tmp_path, edit, case, removed):
    rate = 44100
    file = edited(click(tmp_path / "a.mp3", rate, 2), edit)
    timing = mp3_timing(file)
    assert timing.info_tag == case
    whole = LAME_DELAY + DECODER_DELAY
    assert timing.skipped_seconds == pytest.approx(whole / rate if removed else 0.0)
    # Measured: both delays are in the decoded frames, so what is not removed is heard.
    assert position(file) - rate == whole - round(timing.skipped_seconds * rate)


def test_a_tag_before_the_audio_does_not_matter(tmp_path):
    file = click(tmp_path / "a.mp3", 44100, 2)
    before = mp3_timing(file)
    file.write_bytes(b"ID3\4\0\0\0\0\2\0" + bytes(256) + file.read_bytes())
    assert mp3_timing(file) == before


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_other_formats_have_none(tmp_path, suffix):
    assert mp3_timing(click(tmp_path / f"a{suffix}", 44100, 1)) is None


def test_neither_has_what_is_no_audio(tmp_path):
    file = tmp_path / "a.mp3"
    file.write_text("no audio")
    assert mp3_timing(file) is None
    with pytest.raises(OSError, match="absent"):
        mp3_timing(tmp_path / "absent.mp3")
