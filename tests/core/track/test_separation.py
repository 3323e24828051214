import pytest
import torch

from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.errors import AudioFileError, SeparationError, ShapeError
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_files import load_stems, save_stems
from djtrans.core.track.stems import Stems

NAMES = ("drums", "bass", "vocals", "other")


def noise(*shape, seed=0):
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def declare(**facts):
    return SeparatorDeclaration(
        name="fake", summary="A fake.", factory=lambda config: None, **facts
    )


class Fake:
    """Returns what a function makes of the audio, and remembers what it was given."""

    def __init__(self, function):
        self.function = function

    def separate(self, audio, sample_rate, *, start_seconds=0.0, progress=None):
        self.seen = (audio, sample_rate, start_seconds)
        return self.function(audio)


def halves(audio):
    return torch.stack([0.5 * audio, 0.1 * audio, torch.zeros_like(audio), 0.1 * audio])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [None, 44100, 16000])
def test_stems_sum_to_the_input(channels, rate):
    audio = noise(channels, 44_103)
    fake = Fake(halves)
    stems = separate(fake, declare(sample_rate=rate), audio, 48000, start_seconds=3.5)
    assert fake.seen[1:] == (rate or 48000, 3.5)
    assert stems.sample_rate == 48000
    assert stems.audio.shape == (4, channels, 44_103)
    error = (stems.mix - audio).abs().max() / audio.abs().max()
    assert 20 * torch.log10(error + 1e-12) < -100


@pytest.mark.parametrize("reads", [False, True])
def test_channels_of_opposite_phase_are_separated_in_phase_unless_stems_are_read(reads):
    audio = noise(1, 1000) * torch.tensor([[1.0], [-1.0]])
    fake = Fake(halves)
    stems = separate(fake, declare(reads_source=reads), audio, 44100)
    assert torch.equal(fake.seen[0], audio if reads else audio[:1].expand(2, -1))
    assert torch.equal(stems["drums"], 0.5 * audio)
    torch.testing.assert_close(stems.mix, audio)


def test_the_residual_is_in_other_and_nothing_is_written_into_the_input():
    audio = noise(2, 1000)
    given = halves(audio)
    before = given.clone()
    stems = separate(Fake(lambda _: given), declare(), audio, 44100)
    assert torch.equal(given, before)
    assert torch.equal(stems["drums"], 0.5 * audio)
    torch.testing.assert_close(stems["other"], 0.4 * audio)


def test_stems_that_were_read_must_add_up_to_the_audio():
    audio = noise(2, 1000)
    reader = declare(reads_source=True)
    other = Fake(lambda audio: halves(noise(2, 1000, seed=1)))
    with pytest.raises(SeparationError, match=r"residual is \+?[0-9.]+ dB .* at most -6 dB"):
        separate(other, reader, audio, 44100)
    separate(other, declare(), audio, 44100)
    separate(Fake(halves), reader, audio, 44100)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda audio: audio, r"shape \(2, 100\)"),
        (lambda audio: halves(audio)[..., :-1], "99"),
        (lambda audio: halves(audio) / 0, "not finite"),
        (lambda audio: halves(audio).long(), "not finite numbers"),
        (lambda audio: halves(audio).numpy(), "ndarray"),
        (lambda audio: audio[5], "IndexError: index 5"),
    ],
)
def test_a_broken_separator_is_named(function, expected):
    with pytest.raises(SeparationError, match=expected) as caught:
        separate(Fake(function), declare(), noise(2, 100), 44100)
    assert "'fake'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_separator_needs_a_stem_for_the_residual():
    with pytest.raises(SeparationError, match="no stem named 'other'"):
        separate(Fake(halves), declare(stems=("vocals", "karaoke")), noise(2, 100), 44100)
    with pytest.raises(ShapeError):
        separate(Fake(halves), declare(), noise(100), 44100)


# --- folders -----------------------------------------------------------------------------------


def test_saved_stems_load_bit_for_bit(tmp_path):
    stems = Stems(3 * noise(4, 2, 5000), NAMES, 44100)
    files = save_stems(stems, tmp_path / "track_a")
    assert [f.name for f in files] == [f"{name}.wav" for name in NAMES]
    back = load_stems(tmp_path / "track_a")
    assert back.names == NAMES
    assert back.sample_rate == 44100
    assert torch.equal(back.audio, stems.audio)
    assert load_stems(tmp_path / "track_a", sample_rate=22050).audio.shape == (4, 2, 2500)
    assert load_stems(tmp_path / "track_a", names=("bass",)).names == ("bass",)


def test_mono_and_stereo_and_a_few_samples_are_reconciled(tmp_path):
    save_stems(Stems(noise(3, 2, 5000), NAMES[:3], 44100), tmp_path)
    save_stems(Stems(noise(1, 1, 4900), NAMES[3:], 44100), tmp_path)
    stems = load_stems(tmp_path)
    assert stems.audio.shape == (4, 2, 5000)
    assert torch.equal(stems["other"][0], stems["other"][1])
    assert not stems["other"][:, 4900:].any()


def test_folders_that_do_not_do(tmp_path):
    with pytest.raises(SeparationError, match="does not exist"):
        load_stems(tmp_path / "none")
    save_stems(Stems(noise(3, 2, 5000), NAMES[:3], 44100), tmp_path)
    with pytest.raises(SeparationError, match=r"no file for other; add other\.wav"):
        load_stems(tmp_path)
    save_stems(Stems(noise(1, 2, 50000), NAMES[3:], 44100), tmp_path)
    with pytest.raises(SeparationError, match=r"differ in length .*other\.wav 1\.13 s"):
        load_stems(tmp_path)
    (tmp_path / "drums.flac").write_bytes((tmp_path / "drums.wav").read_bytes())
    with pytest.raises(SeparationError, match=r"drums\.flac and drums\.wav"):
        load_stems(tmp_path)
    with pytest.raises(SeparationError, match="is a file"):
        load_stems(tmp_path / "drums.wav")
    with pytest.raises(AudioFileError, match="Cannot make folder"):
        save_stems(Stems(noise(4, 2, 10), NAMES, 44100), tmp_path / "a" / "b")
    with pytest.raises(ShapeError, match="batch"):
        save_stems(Stems(noise(1, 4, 2, 10), NAMES, 44100), tmp_path)
