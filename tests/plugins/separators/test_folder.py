import attrs
import pytest
import torch

from djtrans.core.audio.decibels import power_to_db
from djtrans.core.audio.resampling import resample
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.plugins.separators import FolderConfig
from djtrans.plugins.separators.folder import FolderSeparator
from djtrans.synthesis import TrackSpec, synthesize


@pytest.fixture
def stems():
    generator = torch.Generator().manual_seed(0)
    return Stems(0.05 * torch.randn(4, 2, 22050 * 4, generator=generator), STEMS, 22050)


@pytest.fixture
def separator(stems, tmp_path):
    save_stems(stems, tmp_path)
    return FolderSeparator(FolderConfig(path=str(tmp_path)))


def test_it_reads_from_where_the_audio_starts(stems, separator):
    start = 22050 + 7
    audio = stems.mix[:, start : start + 30_000]
    seen = []
    out = separator.separate(audio, 22050, start_seconds=start / 22050, progress=seen.append)
    assert torch.equal(out, stems.audio[..., start : start + 30_000])
    assert seen == [0.25, 0.5, 0.75, 1.0]


def test_other_rates_and_mono(stems, separator):
    audio = resample(stems.mix, 22050, 44100)[:, 44100 : 2 * 44100]
    out = separator.separate(audio, 44100, start_seconds=1.0)
    assert (out.sum(0) - audio).abs().max() < 1e-4
    mono = audio.mean(0, keepdim=True)
    out = separator.separate(mono, 44100, start_seconds=1.0)
    assert out.shape == (4, 1, 44100)
    assert (out.sum(0) - mono).abs().max() < 1e-4


def test_it_is_silent_beyond_the_ends_of_a_silent_track(stems, separator):
    audio = torch.nn.functional.pad(stems.mix, (0, 22050))[:, 22050:]
    out = separator.separate(audio, 22050, start_seconds=1.0)
    assert not out[..., 3 * 22050 :].any()
    assert not separator.separate(torch.zeros(2, 100), 22050, start_seconds=99.0).any()


def test_stems_that_are_too_short_or_of_another_track_are_refused(stems, separator):
    longer = torch.cat([stems.mix, stems.mix], dim=-1)
    with pytest.raises(SeparationError, match=r"end at 4\.00 s"):
        separator.separate(longer, 22050)
    with pytest.raises(SeparationError, match=r"residual is -0\.. dB .* at most -6 dB"):
        separator.separate(stems.mix[:, :30000], 22050, start_seconds=1.0)


def test_a_mastered_track_gives_its_stems_its_level(stems, separator):
    mastered = (4 * stems.mix).clamp(-0.5, 0.5)
    with pytest.warns(UserWarning, match="The stems in ") as caught:
        out = separator.separate(mastered, 22050)
    assert "corrected by gain +10.0 dB" in str(caught[0].message)
    assert "leave a residual of -12.2 dB" in str(caught[1].message)
    level = power_to_db(float(out.sum(dim=0).square().mean() / mastered.square().mean()))
    assert level == pytest.approx(0.0, abs=0.3)


def band_db(audio, low_hz, high_hz):
    """Level of a band, a mean over the channels."""
    power = torch.fft.rfft(audio.double()).abs().square().mean(dim=0)
    hz = torch.fft.rfftfreq(audio.shape[-1], 1 / 22050)
    return power_to_db(float(power[(hz >= low_hz) & (hz < high_hz)].sum()))


@pytest.fixture(scope="module")
def true():
    structure = (("drop", 4), ("break", 4), ("drop", 4))
    spec = TrackSpec(bpm=126.0, seed=1, structure=structure, sample_rate_hz=22050, has_vocals=True)
    return synthesize(spec).stems


@pytest.mark.parametrize(
    ("delay", "normalized"), [(0, False), (22, False), (-22, True), (10, True), (1102, True)]
)
def test_late_or_normalized_stems_have_the_levels_of_true_stems(true, tmp_path, delay, normalized):
    audio = torch.roll(torch.nn.functional.pad(true.audio, (1102, 1102)), delay, dims=-1)
    if normalized:
        audio = audio / audio.abs().amax(dim=(1, 2), keepdim=True)
    save_stems(attrs.evolve(true, audio=audio[..., 1102:]), tmp_path)
    separator = FolderSeparator(FolderConfig(path=str(tmp_path)))
    if delay or normalized:
        with pytest.warns(UserWarning, match=f"corrected by {'delay' if delay else 'gain'} "):
            out = separator.separate(true.mix, 22050)
    else:
        out = separator.separate(true.mix, 22050)
    for low, high in ((20, 11025), (20, 150)):
        assert band_db(out.sum(dim=0), low, high) == pytest.approx(
            band_db(true.mix, low, high), abs=0.1
        )
        for stem, wanted in zip(out, true.audio, strict=True):
            assert band_db(stem, low, high) == pytest.approx(band_db(wanted, low, high), abs=0.1)


def test_a_stem_of_another_track_is_refused_by_name(true, tmp_path):
    audio = true.audio.clone()
    audio[1] = 0.1 * torch.randn(audio[1].shape, generator=torch.Generator().manual_seed(1))
    save_stems(attrs.evolve(true, audio=audio), tmp_path)
    with pytest.raises(SeparationError, match="bass cannot be found in it"):
        FolderSeparator(FolderConfig(path=str(tmp_path))).separate(true.mix, 22050)


def test_it_needs_a_folder(tmp_path):
    with pytest.raises(SeparationError, match="set path"):
        FolderSeparator(FolderConfig())
    with pytest.raises(SeparationError, match="no file for drums, bass, vocals, other"):
        FolderSeparator(FolderConfig(path=str(tmp_path))).separate(torch.zeros(2, 9), 8000)
