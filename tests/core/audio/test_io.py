import os
import struct
import warnings

import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import resample_poly

from djtrans.core.audio.file_facts import audio_seconds, content_hash
from djtrans.core.audio.io import load_audio, load_window, write_audio
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import check_audio, require_sound
from djtrans.core.errors import AudioFileError, InputError, ShapeError


def tone(hz, rate, seconds=1.0, channels=2):
    t = torch.arange(int(rate * seconds), dtype=torch.float64) / rate
    return (0.5 * torch.sin(2 * torch.pi * hz * t)).float().expand(channels, -1).clone()


def amplitude(signal, hz, rate):
    """Amplitude of one sinusoid in the middle of a signal, by a Hann-windowed projection."""
    x = np.asarray(signal, dtype=np.float64)
    x = x[len(x) // 4 : 3 * len(x) // 4]
    window = np.hanning(len(x))
    turn = np.exp(-2j * np.pi * hz * np.arange(len(x)) / rate)
    return 2 * abs((x * window * turn).sum()) / window.sum()


# --- round trips -------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("extension", [".wav", ".flac", ".aiff"])
def test_lossless_round_trip_is_exact_to_24_bits(tmp_path, extension, channels):
    audio = (torch.rand(channels, 4411, generator=torch.Generator().manual_seed(0)) - 0.5) * 1.9
    path = write_audio(tmp_path / f"x{extension}", audio, 44100)
    back, rate = load_audio(path)
    assert rate == 44100
    assert back.dtype == torch.float32
    assert back.shape == audio.shape
    assert (back - audio).abs().max() <= 2.0**-23
    assert soundfile.info(path).subtype == "PCM_24"


@pytest.mark.parametrize("extension", [".ogg", ".mp3"])
def test_lossy_round_trip_keeps_length_level_and_alignment(tmp_path, extension):
    audio = tone(440, 44100, 2.0)
    back, rate = load_audio(write_audio(tmp_path / f"x{extension}", audio, 44100))
    assert rate == 44100
    assert back.shape == audio.shape
    middle = slice(20000, 60000)
    assert (back - audio)[:, middle].square().mean() < 1e-3 * audio.square().mean()


def test_a_long_ogg_is_written(tmp_path):
    # One write of this size overflows the stack of libsndfile's Vorbis encoder.
    path = write_audio(tmp_path / "x.ogg", torch.zeros(2, 44100 * 60), 44100)
    assert audio_seconds(path) == pytest.approx(60.0)


def test_float_wav_keeps_what_lies_beyond_full_scale(tmp_path):
    audio = 3 * tone(100, 8000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back, _ = load_audio(write_audio(tmp_path / "x.wav", audio, 8000, "FLOAT"))
    assert torch.equal(back, audio)


def test_clipping_is_said(tmp_path):
    with pytest.warns(UserWarning, match=r"\+3\.52 dBFS"):
        path = write_audio(tmp_path / "x.wav", 3 * tone(100, 8000), 8000)
    assert load_audio(path)[0].abs().max() <= 1.0


def test_load_resamples(tmp_path):
    path = write_audio(tmp_path / "x.wav", tone(1000, 48000), 48000)
    audio, rate = load_audio(path, 44100)
    assert rate == 44100
    assert audio.shape == (2, 44100)
    assert (audio - tone(1000, 44100))[:, 2000:-2000].abs().max() < 1e-5


def test_surround_is_mixed_down_with_a_warning(tmp_path):
    six = np.zeros((1000, 6), dtype=np.float32)
    six[:, 2] = 0.5  # centre only
    soundfile.write(tmp_path / "film.wav", six, 44100, subtype="FLOAT")
    with pytest.warns(UserWarning, match="6 channels"):
        audio, _ = load_audio(tmp_path / "film.wav")
    assert audio.shape == (2, 1000)
    assert torch.equal(audio[0], audio[1])
    half = 0.5**0.5
    assert audio[0, 0].item() == pytest.approx(0.5 * half / (1 + 2 * half))


def test_an_unknown_channel_layout_is_refused(tmp_path):
    soundfile.write(tmp_path / "seven.wav", np.zeros((10, 7)), 44100)
    with pytest.raises(AudioFileError, match="7 channels"):
        load_audio(tmp_path / "seven.wav")


# --- windows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", [".wav", ".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_window_is_a_slice_of_the_whole(tmp_path, extension, rate):
    noise = 0.2 * torch.randn(2, 44100 * 6, generator=torch.Generator().manual_seed(1))
    path = write_audio(tmp_path / f"x{extension}", noise.clamp(-1, 1), 44100)
    whole, _ = load_audio(path, rate)
    for start in (-1000, 0, 12345, 100_000, 250_000):
        window = load_window(path, rate, start, 30_000)
        assert window.shape == (2, 30_000)
        expected = torch.zeros(2, 30_000)
        first, last = max(0, start), min(whole.shape[1], start + 30_000)
        expected[:, first - start : last - start] = whole[:, first:last]
        assert (window - expected).abs().max() < (1e-6 if rate == 44100 else 2e-4), start


def test_a_window_beyond_the_end_is_silent(tmp_path):
    path = write_audio(tmp_path / "x.wav", tone(100, 8000), 8000)
    assert not load_window(path, 8000, 80_000, 100).any()
    assert not load_window(path, 8000, -200, 100).any()


# --- resampling --------------------------------------------------------------------------------


@pytest.mark.parametrize("rates", [(48000, 44100), (44100, 48000), (44100, 22050), (32000, 44100)])
def test_resampling_is_flat_to_nine_tenths_of_nyquist(rates):
    source, target = rates
    for fraction in (0.1, 0.5, 0.9):
        hz = fraction * min(rates) / 2
        out = resample(tone(hz, source), source, target)[0]
        level = 20 * np.log10(amplitude(out, hz, target) / 0.5)
        assert abs(level) < 0.02, (hz, level)


def test_nothing_folds_back():
    out = resample(tone(11025 * 1.1, 44100), 44100, 22050)[0, 2000:-2000]
    assert 20 * torch.log10(out.abs().max()) < -120


def test_resampling_has_no_delay_and_agrees_with_scipy():
    pulse = torch.zeros(1, 4800)
    pulse[0, 2400] = 1.0
    smooth = torch.from_numpy(np.hanning(65)).float()
    smooth = torch.nn.functional.conv1d(pulse[None], smooth[None, None], padding=32)[0]
    ours = resample(smooth, 48000, 44100)[0].numpy()
    theirs = resample_poly(smooth[0].numpy(), 147, 160)
    assert np.argmax(ours) == 2205
    assert np.abs(ours - theirs).max() < 2e-3


def test_resampling_lengths_shapes_and_identity():
    audio = torch.randn(2, 3, 1000)
    assert resample(audio, 44100, 44100) is audio
    assert resample(audio, 44100, 48000).shape == (2, 3, round(1000 * 48000 / 44100))
    assert resample(torch.zeros(2, 0), 44100, 48000).shape == (2, 0)
    assert torch.equal(resample(audio, 3, 2)[1], resample(audio[1], 3, 2))
    with pytest.raises(InputError, match="Sample rate"):
        resample(audio, 44100, 0)


# --- errors ------------------------------------------------------------------------------------


def one_line_error(path, *args, **kwargs):
    with pytest.raises(AudioFileError) as caught:
        load_audio(path, *args, **kwargs)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_reading_errors_say_what_is_wrong(tmp_path, capfd):
    assert "does not exist" in one_line_error(tmp_path / "none.wav")
    assert "does not exist" in one_line_error("~nobody-of-this-name/none.wav")
    assert "is a folder" in one_line_error(tmp_path)
    text = tmp_path / "text.mp3"
    text.write_text("not music\n" * 1000)
    assert "not audio" in one_line_error(text)
    empty = tmp_path / "empty.flac"
    empty.touch()
    assert "0 bytes" in one_line_error(empty)
    noise = tmp_path / "noise.ogg"
    noise.write_bytes(np.random.default_rng(0).bytes(4000))
    assert "not audio" in one_line_error(noise)
    headed = tmp_path / "header.wav"
    soundfile.write(headed, np.zeros((0, 2)), 44100)
    assert "no samples" in one_line_error(headed)


def test_samples_that_are_not_finite_are_refused(tmp_path):
    bad = np.zeros((100, 2), dtype=np.float32)
    bad[3, 0], bad[4, 1] = np.nan, -np.inf
    soundfile.write(tmp_path / "nan.wav", bad, 44100, subtype="FLOAT")
    assert "2 samples" in one_line_error(tmp_path / "nan.wav")


def test_an_unreadable_file(tmp_path, monkeypatch):
    path = write_audio(tmp_path / "x.wav", tone(100, 8000), 8000)
    monkeypatch.setattr(os, "access", lambda *args: False)  # root may read everything
    assert "permission" in one_line_error(path)


def test_writing_errors_say_what_is_wrong(tmp_path):
    audio = tone(100, 8000)
    cases = [
        (tmp_path / "x.xyz", ".wav, .flac"),
        (tmp_path / "x", "extension ''"),
        (tmp_path / "none" / "x.wav", "does not exist"),
    ]
    for path, expected in cases:
        with pytest.raises(AudioFileError) as caught:
            write_audio(path, audio, 8000)
        assert expected in str(caught.value)
        assert "\n" not in str(caught.value)
    (tmp_path / "d.wav").mkdir()
    with pytest.raises(AudioFileError, match="is a folder"):
        write_audio(tmp_path / "d.wav", audio, 8000)
    with pytest.raises(AudioFileError, match="PCM_24"):
        write_audio(tmp_path / "x.wav", audio, 8000, "PCM_99")
    with pytest.raises(AudioFileError, match="not finite"):
        write_audio(tmp_path / "x.wav", audio * float("nan"), 8000)
    with pytest.raises(AudioFileError, match="7 channels"):
        write_audio(tmp_path / "x.mp3", torch.zeros(7, 100), 8000)
    with pytest.raises(ShapeError, match=r"audio\[None\]"):
        write_audio(tmp_path / "x.wav", audio[0], 8000)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.wav"]


def test_an_unwritable_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *args: False)
    with pytest.raises(AudioFileError, match="not writable"):
        write_audio(tmp_path / "x.wav", tone(100, 8000), 8000)


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write_audio(tmp_path / "x.wav", tone(100, 8000), 8000)
    before = path.read_bytes()

    def broken(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(soundfile.SoundFile, "write", broken)
    with pytest.raises(AudioFileError, match="No space left"):
        write_audio(path, tone(200, 8000), 8000)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["x.wav"]


def test_writing_is_deterministic(tmp_path):
    for extension in (".wav", ".flac"):
        a = write_audio(tmp_path / f"a{extension}", tone(100, 8000), 8000)
        b = write_audio(tmp_path / f"b{extension}", tone(100, 8000), 8000)
        assert content_hash(a) == content_hash(b)


def test_content_hash_is_sha256(tmp_path):
    (tmp_path / "f.wav").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert content_hash(tmp_path / "f.wav").startswith("ba7816bf8f01cfea414140de5dae2223")
    with pytest.raises(AudioFileError, match="does not exist"):
        content_hash(tmp_path / "none.wav")


# --- checks ------------------------------------------------------------------------------------


def test_require_sound():
    require_sound(tone(100, 8000), 8000, 1.0)
    require_sound(3e-4 * tone(100, 8000), 8000, 1.0)  # -76 dBFS is still sound
    for audio, expected in [
        (tone(100, 8000, 0.5), "0.5 s long"),
        (torch.zeros(2, 8000), "digital zero"),
        (1e-5 * tone(100, 8000), "-106 dBFS"),
        (tone(100, 8000) * float("inf"), "not finite"),
    ]:
        with pytest.raises(AudioFileError, match=expected):
            require_sound(audio, 8000, 1.0, what="a.wav")


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 9)), torch.zeros(9), torch.zeros(1, 2, 9), torch.zeros(2, 9).int()]
)
def test_check_audio_refuses(bad):
    with pytest.raises(ShapeError):
        check_audio(bad)


def test_a_wav_that_claims_more_than_it_holds(tmp_path):
    path = write_audio(tmp_path / "x.wav", tone(100, 8000), 8000)
    data = bytearray(path.read_bytes())
    at = data.find(b"data")
    data[at + 4 : at + 8] = struct.pack("<I", 0x7FFFFFF0)
    path.write_bytes(data)
    assert load_audio(path)[0].shape == (2, 8000)


def test_text_named_mp3_never_reaches_the_decoder_which_would_talk(tmp_path, capfd):
    (tmp_path / "a.mp3").write_text("not music at all, naïve as it is\n" * 5000)
    with pytest.raises(AudioFileError, match="not audio that can be decoded"):
        load_audio(tmp_path / "a.mp3")
    assert capfd.readouterr().err == ""
