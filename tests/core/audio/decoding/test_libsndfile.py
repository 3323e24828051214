"""Files are read to their end, whatever their header says; what is missing is an error."""

from __future__ import annotations

import io
import random
import struct
import warnings

import numpy as np
import pytest
import soundfile

from djtrans.core.audio.file_facts import audio_seconds
from djtrans.core.audio.io import load_audio, load_window
from djtrans.core.errors import AudioFileError, DjtransError
from tests.helpers.audio_files import RATE, decode, noise, offset, sound_bytes, without_tag

ID3 = b"ID3\4\0\0" + bytes([0, 2, 0, 0]) + bytes(2 << 14)  # with room for a picture


@pytest.fixture(scope="module")
def source():
    return noise()


@pytest.fixture(scope="module")
def mp3(source):
    return sound_bytes(source, "MP3")


@pytest.fixture(scope="module")
def ogg(source):
    return sound_bytes(source, "OGG", "VORBIS")


@pytest.fixture
def saved(tmp_path):
    def save(data, name="x.bin"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return save


def load(path):
    audio, rate = load_audio(path)
    assert audio_seconds(path) == audio.shape[1] / rate
    for start in (0, rate // 2 + 7, audio.shape[1] - 3000):
        window = load_window(path, rate, start, 2000)
        assert np.abs((window - audio[:, start : start + 2000]).numpy()).max() < 1e-6
    return audio.numpy().T


def refused(path):
    with pytest.raises(AudioFileError, match=r"incomplete: expected .+, found .+\. Copy") as caught:
        load_audio(path)
    with pytest.raises(AudioFileError):
        audio_seconds(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- MPEG audio --------------------------------------------------------------------------------


def test_a_variable_bit_rate_without_xing_tag_is_read_to_its_end(mp3, source, saved):
    # The quiet second first: from its small frames the length of the whole is overestimated, from
    # large ones it would be underestimated and the end lost.
    path = saved(without_tag(mp3))
    expected = decode(path)
    assert len(expected) % 1152 == 0
    assert len(expected) >= len(source)
    audio = load(path)
    assert audio.shape == expected.shape
    assert np.abs(audio - expected).max() < 1e-4
    reverse = saved(without_tag(sound_bytes(source[::-1], "MP3")), "reverse.mp3")
    assert load(reverse).shape == decode(reverse).shape


def test_an_mp3_with_tag_begins_and_ends_with_the_source(mp3, source, saved):
    audio = load(saved(mp3))
    assert audio.shape == source.shape
    assert offset(audio, source) == 0


def test_tags_and_junk_are_no_audio(mp3, saved):
    expected = load(saved(mp3))
    # A picture in an APE tag that looks like a frame, then ID3v1.
    ape = b"APETAGEX" + struct.pack("<IIII", 2000, 1232, 1, 0xA0000000) + bytes(8)
    ape += b"\xff\xfb\x90\x00" * 300 + b"APETAGEX" + struct.pack("<IIII", 2000, 1232, 1, 1 << 31)
    tail = ape + bytes(8) + b"TAG" + bytes(125)
    junk = np.random.default_rng(1).integers(0, 128, 5000, np.uint8).tobytes()
    for number, data in enumerate((ID3 + mp3, ID3 + ID3 + mp3 + tail, junk + mp3)):
        assert np.array_equal(load(saved(data, f"{number}.mp3")), expected)
    bare = load(saved(without_tag(mp3)))
    assert np.array_equal(load(saved(ID3 + junk + without_tag(mp3) + tail)), bare)


def test_joined_mp3_files_are_read_to_their_end(mp3, saved):
    bare = without_tag(mp3)
    whole = load(saved(bare))
    assert len(load(saved(bare + ID3 + bare, "joined.mp3"))) == 2 * len(whole)
    # The tag of the first file counts only its own frames.
    assert len(load(saved(mp3 + bare, "tagged.mp3"))) > 1.9 * len(whole)


def test_a_change_of_the_sample_rate_is_refused(mp3, source, saved):
    out = io.BytesIO()
    soundfile.write(out, source, 22050, format="MP3")
    path = saved(mp3 + out.getvalue())
    with pytest.raises(AudioFileError, match=r"expected 44100 Hz.*found 22050 Hz"):
        load_audio(path)


def test_a_cut_mp3_is_refused_if_its_tag_declares_more(mp3, saved):
    assert "MPEG frames" in refused(saved(mp3[: len(mp3) * 6 // 10]))


def test_a_cut_mp3_without_tag_is_read_with_a_warning(mp3, saved):
    path = saved(without_tag(mp3)[: len(mp3) * 6 // 10])
    with pytest.warns(UserWarning, match=r"expected \d+ bytes, found \d+; all \d+ whole frames"):
        audio = load(path)
    assert len(audio) % 1152 == 0


def test_mpeg_audio_in_wav(mp3, saved):
    bare = without_tag(mp3)
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 2, RATE, 16000, 1, 0, 12, 1, 2, 417, 1, 1393)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(bare)) + bare
    path = saved(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert np.array_equal(load(path), load(saved(bare, "bare.mp3")))


# --- Ogg ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("subtype", "rate"), [("VORBIS", RATE), ("OPUS", 48000)])
def test_chained_streams_are_all_read(subtype, rate, source, saved):
    parts = []
    for audio in (source, source[: RATE + 999]):
        out = io.BytesIO()
        soundfile.write(out, audio, rate, subtype, format="OGG")
        parts.append(out.getvalue())
    expected = [soundfile.read(io.BytesIO(part), dtype="float32")[0] for part in parts]
    audio = load(saved(b"".join(parts)))
    assert np.abs(audio - np.concatenate(expected)).max() < 1e-5


def test_chained_streams_of_different_formats_are_refused(ogg, source, saved):
    out = io.BytesIO()
    soundfile.write(out, source[:, :1], 22050, "VORBIS", format="OGG")
    with pytest.raises(AudioFileError, match=r"found 44100 Hz with 2 .*22050 Hz with 1"):
        load_audio(saved(ogg + out.getvalue()))


def test_a_cut_ogg_is_refused(ogg, saved):
    assert "Ogg page" in refused(saved(ogg[: len(ogg) * 6 // 10]))
    assert "Ogg page" in refused(saved(ogg[:-1]))


def shifted(ogg, samples):
    """State a last position that is later by so many samples, with a new checksum of the page."""
    start = ogg.rindex(b"OggS")
    page = bytearray(ogg[start:])
    position = int.from_bytes(page[6:14], "little") + samples
    page[6:14] = position.to_bytes(8, "little")
    page[22:26] = bytes(4)
    crc = 0
    for byte in page:  # polynomial 0x04c11db7, not reflected (RFC 3533)
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    page[22:26] = crc.to_bytes(4, "little")
    return ogg[:start] + bytes(page)


def test_an_end_beyond_the_last_block_is_silence(ogg, saved):
    whole = load(saved(ogg))
    audio = load(saved(shifted(ogg, 3000)))
    assert len(audio) == len(whole) + 3000
    assert np.array_equal(audio[: len(whole) - 1000], whole[:-1000])
    assert not audio[-1:].any()
    with pytest.raises(AudioFileError, match=r"expected 2\.45 s of audio, found 2\.00 s"):
        load_audio(saved(shifted(ogg, 20_000)))


def test_a_missing_last_page_is_reported(ogg, saved):
    with pytest.warns(UserWarning, match="not marked as the end"):
        load(saved(ogg[: ogg.rindex(b"OggS")]))


# --- FLAC --------------------------------------------------------------------------------------


def unknown_length(flac):
    """Set the number of samples of a FLAC file to zero, as in one written to a pipe."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


def test_flac_of_unknown_length_is_read_to_its_end(source, saved):
    flac = sound_bytes(source, "FLAC", "PCM_24")
    assert np.array_equal(load(saved(unknown_length(flac))), load(saved(flac, "known.flac")))
    cut = unknown_length(flac)[: len(flac) * 6 // 10]
    with pytest.raises(AudioFileError, match="damaged"):
        load_audio(saved(cut))


def test_a_cut_flac_is_refused(source, saved):
    flac = sound_bytes(source, "FLAC", "PCM_24")
    assert "2.00 s of FLAC" in refused(saved(flac[: len(flac) * 6 // 10]))
    assert refused(saved(flac[:-100]))
    assert np.array_equal(load(saved(ID3 + flac)), load(saved(flac, "plain.flac")))


# --- WAV and its relatives ---------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFF0, 0x80000000])
def test_streamed_wav_is_read_to_its_end(size, source, saved):
    wav = bytearray(sound_bytes(source, "WAV", "PCM_16"))
    expected = load(saved(bytes(wav), "whole.wav"))
    at = wav.index(b"data") + 4
    wav[at : at + 4] = struct.pack("<I", size)
    wav[4:8] = struct.pack("<I", size)
    assert np.array_equal(load(saved(wav)), expected)


def test_streamed_w64_is_read_to_its_end(source, saved):
    w64 = bytearray(sound_bytes(source, "W64", "PCM_16"))
    expected = load(saved(bytes(w64), "whole.w64"))
    at = w64.index(b"data\xf3") + 16
    w64[at : at + 8] = struct.pack("<Q", (1 << 63) - 1)
    assert np.array_equal(load(saved(w64)), expected)


def test_a_header_written_too_early_is_reported_and_all_is_read(source, saved):
    # A recorder that crashed had updated its header a second ago.
    wav = bytearray(sound_bytes(source, "WAV", "PCM_16"))
    expected = load(saved(bytes(wav), "whole.wav"))
    at = wav.index(b"data") + 4
    wav[at : at + 4] = struct.pack("<I", 4 * RATE)
    with pytest.warns(UserWarning, match=rf"declares {4 * RATE} bytes of audio, but {8 * RATE}"):
        assert np.array_equal(load(saved(wav)), expected)


def test_what_follows_the_audio_is_no_audio(source, saved):
    wav = sound_bytes(source, "WAV", "PCM_16")
    expected = load(saved(wav))
    for tail in (b"LIST" + struct.pack("<I", 400) + bytes(400), b"TAG" + bytes(125), bytes(4096)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert np.array_equal(load(saved(wav + tail)), expected)


@pytest.mark.parametrize("container", ["WAV", "RF64", "W64", "AIFF", "CAF", "AU"])
def test_a_cut_pcm_file_is_refused(container, source, saved):
    data = sound_bytes(source, container, "PCM_16")
    assert np.abs(load(saved(data, "whole.bin")) - source).max() < 2**-15
    message = refused(saved(data[: 4 * RATE + 1000]))
    assert "2.00 s of audio (3528" in message or container == "CAF"


@pytest.mark.parametrize("found", [0, 1, 3])
def test_a_header_without_a_whole_frame_is_refused(found, source, saved):
    """A frame of 16-bit stereo has 4 bytes."""
    data = sound_bytes(source, "WAV", "PCM_16")
    begin = data.index(b"data") + 8
    message = refused(saved(data[: begin + found]))
    assert f"expected {len(data) - begin} bytes of audio, found {found}." in message


def test_a_codec_that_cannot_seek_is_read(source, saved):
    # GSM 6.10 has frames of 160 samples.
    path = saved(sound_bytes(source[:, :1], "WAV", "GSM610"))
    audio = load(path)
    assert 0 <= len(audio) - len(source) < 320


# --- anything ----------------------------------------------------------------------------------


def test_sidecars_neither_hide_a_track_nor_are_one(mp3, saved):
    # libsndfile takes x.mp3 beside ._x.mp3 for the two halves of a Sound Designer II file.
    expected = load(saved(mp3, "alone.mp3"))
    sidecar = saved(b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(4000), "._x.mp3")
    assert np.array_equal(load(saved(mp3, "x.mp3")), expected)
    with pytest.raises(AudioFileError, match=r"macOS.*named x\.mp3"):
        load_audio(sidecar)


def test_a_disk_that_fails_is_not_the_end_of_the_file(source, saved, monkeypatch):
    from djtrans.core.audio.decoding.byte_view import ByteView

    path, taken = saved(sound_bytes(source, "WAV", "PCM_16")), ByteView._next

    def failing(view, most):
        if view._position > 200_000:
            view.error = OSError(5, "Input/output error")
            return b""
        return taken(view, most)

    monkeypatch.setattr(ByteView, "_next", failing)
    with pytest.raises(AudioFileError, match="Input/output error"):
        load_audio(path)


@pytest.mark.parametrize("seed", range(6))
def test_damaged_files_give_audio_or_one_line(seed, source, saved, mp3, ogg):
    rng = random.Random(seed)
    wholes = [mp3, without_tag(mp3), ogg]
    wholes += [sound_bytes(source[:9000], c, "PCM_16") for c in ("WAV", "AIFF", "FLAC", "CAF")]
    for whole in wholes:
        for _ in range(4):
            data = bytearray(whole)
            at = rng.randrange(len(data))
            kind = rng.randrange(4)
            if kind == 0:
                del data[at:]
            elif kind == 1:
                del data[at : at + rng.randrange(3000)]
            elif kind == 2:
                data[at:at] = rng.randbytes(rng.randrange(3000))
            else:
                for _ in range(8):
                    data[rng.randrange(min(300, len(data)))] = rng.choice((0, 127, 255))
            path = saved(data)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    audio, rate = load_audio(path)
                    assert audio_seconds(path) == audio.shape[1] / rate
                except DjtransError as error:
                    assert "\n" not in str(error)  # noqa: PT017 - either way is right
