"""The same file yields the same samples through any decoder, and begins with its first sample."""

from __future__ import annotations

import shutil
import struct
import subprocess
import wave

import numpy as np
import pytest

from djtrans.core.audio.decoding import ffmpeg, opening, pyav, symphonia
from djtrans.core.audio.file_facts import audio_seconds
from djtrans.core.audio.io import load_audio, load_window
from djtrans.core.errors import AudioFileError
from tests.helpers.audio_files import RATE, decode, encode, noise, offset, sound_bytes

#: Codec, extension, samples by which the format delays the audio (nothing in the file says so).
FORMATS = {
    "aac in m4a": ("aac", ".m4a", 0),
    "aac in mp4": ("aac", ".mp4", 0),
    "alac in m4a": ("alac", ".m4a", 0),
    "adts": ("aac", ".aac", 1024),
    "opus": ("libopus", ".opus", 0),
    "opus in webm": ("libopus", ".webm", 0),
    "flac in matroska": ("flac", ".mka", 0),
    "wma": ("wmav2", ".wma", None),
    "mp3": ("libmp3lame", ".mp3", 0),
    "mp2": ("mp2", ".mp2", 481),
}


@pytest.fixture(scope="module")
def source():
    return noise()


@pytest.fixture(scope="module")
def files(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    return {
        name: encode(folder / f"{name}{extension}", source, codec)
        for name, (codec, extension, _) in FORMATS.items()
    }


def only(monkeypatch, *allowed):
    """Let only some of the decoders beside libsndfile be there."""
    for decoder in (symphonia, pyav, ffmpeg):
        if decoder not in allowed:
            monkeypatch.setattr(decoder, "is_available", lambda: False)


def same(name):
    """Largest difference of one file through two decoders: those of Opus are free to differ."""
    return 2e-3 if name.startswith("opus") else 1e-4


def load(path):
    audio, _ = load_audio(path)
    return audio.numpy().T


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_begins_with_its_first_sample(name, files, source):
    audio, rate = load_audio(files[name], RATE)
    expected = FORMATS[name][2]
    if expected is not None:
        assert offset(audio.numpy().T, source) == expected
    assert audio_seconds(files[name]) == pytest.approx(audio.shape[1] / rate, abs=1e-4)
    # Formats whose padding is known have the source's length, to the millisecond of edit lists.
    if name in ("aac in m4a", "alac in m4a", "mp3", "opus", "flac in matroska"):
        assert audio.shape[1] == pytest.approx(len(source), abs=45)


@pytest.mark.parametrize("name", FORMATS)
def test_decoders_agree(name, files, monkeypatch):
    ours, expected = load(files[name]), decode(files[name])
    if name.startswith("aac in"):  # FFmpeg leaves the padding at the end
        assert len(ours) <= len(expected) < len(ours) + 1024
        expected = expected[: len(ours)]
    assert ours.shape == expected.shape
    assert np.abs(ours - expected).max() < same(name)
    only(monkeypatch, pyav)
    assert np.abs(load(files[name]) - expected).max() < same(name)


def test_lossless_formats_are_exact(files, source):
    for name in ("alac in m4a", "flac in matroska"):
        assert np.abs(load(files[name]) - source).max() < 2**-15


@pytest.mark.parametrize("name", ["aac in m4a", "adts", "opus in webm", "alac in m4a"])
def test_a_window_is_a_slice_of_the_whole(name, files):
    whole, rate = load_audio(files[name])
    for start in (-500, 0, 40_000, 80_000):
        window = load_window(files[name], rate, start, 12_000)
        first, last = max(0, start), min(whole.shape[1], start + 12_000)
        assert (window[:, first - start : last - start] == whole[:, first:last]).all()
        assert not window[:, last - start :].any()


def test_each_format_has_one_decoder(files, monkeypatch):
    def decoder(name):
        with opening.open_audio(files[name]) as stream:
            return stream.decoder.split()[0]

    assert decoder("mp3") == decoder("opus") == "libsndfile"
    assert decoder("aac in m4a") == decoder("alac in m4a") == decoder("adts") == "Symphonia"
    assert decoder("wma") == decoder("opus in webm") == "PyAV"
    only(monkeypatch, pyav)
    assert decoder("aac in m4a") == "PyAV"


def test_without_a_decoder_the_error_names_those_that_can_be_installed(files, monkeypatch):
    only(monkeypatch)
    for name in ("wma", "aac in m4a", "adts", "opus in webm"):
        with pytest.raises(AudioFileError, match=r"pip install \"djtrans\[formats\]\".*ffmpeg"):
            load_audio(files[name])
    assert len(load(files["mp3"])) == 2 * RATE  # libsndfile is always there


def test_the_ffmpeg_program_is_asked_for_plain_samples(files, monkeypatch, tmp_path):
    # A stand-in for the program: it answers as ffmpeg does, with the samples of a WAV file.
    audio = (load(files["alac in m4a"]) * 32768).astype("<i2")
    with wave.open(str(tmp_path / "answer.wav"), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        out.writeframes(audio.tobytes())
    (tmp_path / "answer.f32").write_bytes((audio / 32768).astype("<f4").tobytes())
    programs = tmp_path / "programs"
    programs.mkdir()
    answers = {
        "ffmpeg": f'if [ "$1" = -version ]; then echo ffmpeg version 7.1; '
        f"else cat {tmp_path}/answer.f32; fi",
        "ffprobe": 'echo \'{"streams": [{"sample_rate": "44100", "channels": 2}], '
        '"format": {"duration": "2.0"}}\'',
    }
    for name, answer in answers.items():
        (programs / name).write_text(f"#!/bin/sh\n{answer}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    only(monkeypatch, ffmpeg)
    with opening.open_audio(files["wma"]) as stream:
        assert stream.decoder == "ffmpeg 7.1"
    np.testing.assert_allclose(load(files["wma"]), audio / 32768, atol=1e-6)
    assert ((audio / 32768)[1000:1050] == load_window(files["wma"], RATE, 1000, 50).numpy().T).all()
    # It fails, or gives less than the container declares.
    (programs / "ffmpeg").write_text("#!/bin/sh\necho broken packet >&2\nexit 1\n")
    with pytest.raises(AudioFileError, match="broken packet"):
        load_audio(files["wma"])
    (programs / "ffmpeg").write_text(f"#!/bin/sh\nhead -c 80000 {tmp_path}/answer.f32\n")
    with pytest.raises(AudioFileError, match=r"expected 2\.00 s of audio, found 0\.23 s"):
        load_audio(files["wma"])


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="the ffmpeg program is not installed")
@pytest.mark.parametrize("name", FORMATS)
def test_the_installed_ffmpeg_agrees(name, files, monkeypatch):
    expected = load(files[name])
    only(monkeypatch, ffmpeg)
    monkeypatch.setattr(opening, "open_libsndfile", not_known)
    found = load(files[name])
    assert abs(len(found) - len(expected)) <= 1
    size = min(len(found), len(expected))
    assert np.abs(found[:size] - expected[:size]).max() < same(name)


def not_known(file, *args):
    raise opening.CannotOpen(f"{file}: not known")


def test_a_playlist_opens_nothing(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: started.append(args))
    path = tmp_path / "x.mp4"
    path.write_text(f"#EXTM3U\n#EXTINF:9,\nfile://{tmp_path}/secret.ts\n")
    with pytest.raises(AudioFileError, match="not audio that can be decoded"):
        load_audio(path)
    assert not started


def itunes(m4a: bytes, text: str) -> bytes:
    """Append an iTunSMPB text to the ``moov`` box of a file, which must be its last."""

    def box(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), name) + body

    item = box(b"mean", b"\0\0\0\0com.apple.iTunes") + box(b"name", b"\0\0\0\0iTunSMPB")
    item += box(b"data", struct.pack(">II", 1, 0) + text.encode())
    handler = box(b"hdlr", b"\0\0\0\0\0\0\0\0mdirappl" + bytes(9))
    meta = box(b"meta", b"\0\0\0\0" + handler + box(b"ilst", box(b"----", item)))
    at = m4a.rindex(b"moov") - 4
    body = m4a[at + 8 :]
    user = body.rindex(b"udta") - 4  # FFmpeg's own texts, the last box
    return m4a[:at] + box(b"moov", body[:user] + box(b"udta", meta))


def test_itunes_texts_remove_priming_and_padding(source, tmp_path):
    path = encode(tmp_path / "x.m4a", source, "aac", use_editlist="0")
    assert offset(load(path), source) == 1024  # nothing says how much is priming
    text = f" 00000000 00000400 00000200 {len(source):016X} 00000000 00000000"
    path.write_bytes(itunes(path.read_bytes(), text))
    audio = load(path)
    assert offset(audio, source) == 0
    assert len(audio) == len(source)
    assert np.abs(audio - decode(path)[: len(audio)]).max() < 1e-4  # FFmpeg removes the same


def test_fragments_are_left_to_ffmpeg(source, tmp_path):
    path = encode(tmp_path / "x.m4a", source, "aac", movflags="frag_keyframe+empty_moov")
    assert np.array_equal(load(path), decode(path))


@pytest.mark.parametrize("name", ["aac in m4a", "alac in m4a", "flac in matroska", "wma"])
def test_less_than_the_container_declares_is_refused(name, files, tmp_path):
    short = tmp_path / files[name].name
    short.write_bytes(files[name].read_bytes()[: files[name].stat().st_size * 6 // 10])
    with pytest.raises(AudioFileError, match=r"incomplete: expected .*, found|cannot be decoded"):
        load_audio(short)


def test_an_incomplete_adts_frame_is_reported(files, tmp_path):
    short = tmp_path / "x.aac"
    short.write_bytes(files["adts"].read_bytes()[:20_000])
    with pytest.warns(UserWarning, match=r"expected \d+ bytes, found \d+; all \d+ whole frames"):
        audio, rate = load_audio(short)
    with pytest.warns(UserWarning, match="whole frames"):
        assert audio_seconds(short) == audio.shape[1] / rate
    assert audio.shape[1] % 1024 == 0


def test_damage_is_one_line_without_the_names_of_temporary_files(files, tmp_path):
    data = bytearray(files["aac in m4a"].read_bytes())
    data[5000:5400] = bytes(400)
    damaged = tmp_path / "x.m4a"
    damaged.write_bytes(data)
    with pytest.raises(AudioFileError, match="cannot be decoded to its end") as caught:
        load_audio(damaged)
    assert str(damaged) in str(caught.value)
    assert "/tmp/tmp" not in str(caught.value)


class PanicException(BaseException):
    """Named as what PyO3 raises for a panic in Rust."""


@pytest.mark.parametrize("raised", [PanicException, KeyboardInterrupt])
def test_a_decoder_that_panics_is_a_file_that_cannot_be_decoded(files, monkeypatch, raised):
    def read(path):
        raise raised("index out of bounds: the len is 64 but the index is 64")

    monkeypatch.setattr("sphn.read", read)
    expected = AudioFileError if raised is PanicException else KeyboardInterrupt
    with pytest.raises(expected, match="index out of bounds"):
        load_audio(files["aac in m4a"])


def test_the_extension_does_not_matter(files, source, tmp_path):
    for name, extension in (("alac in m4a", ".mp3"), ("mp3", ".wav")):
        path = tmp_path / f"x{extension}"
        shutil.copy(files[name], path)
        assert offset(load(path), source) == 0
    (tmp_path / "x.m4a").write_bytes(sound_bytes(source, "WAV", "FLOAT"))
    assert np.array_equal(load(tmp_path / "x.m4a"), source)
