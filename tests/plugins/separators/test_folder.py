import pytest
import torch

from djtrans.core.audio.resampling import resample
from djtrans.core.errors import SeparationError
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.plugins.separators import FolderConfig
from djtrans.plugins.separators.folder import FolderSeparator


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
    with pytest.raises(SeparationError, match=r"correlation -?0\.0"):
        separator.separate(stems.mix[:, :30000], 22050, start_seconds=1.0)
    # A mastered track is louder than its stems and squashed, but still the same music.
    separator.separate((4 * stems.mix).clamp(-0.5, 0.5), 22050)


def test_it_needs_a_folder(tmp_path):
    with pytest.raises(SeparationError, match="set path"):
        FolderSeparator(FolderConfig())
    with pytest.raises(SeparationError, match="no file for drums, bass, vocals, other"):
        FolderSeparator(FolderConfig(path=str(tmp_path))).separate(torch.zeros(2, 9), 8000)
