import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from djtrans.core.contracts.separator import Separator
from djtrans.plugins.separators import SpectralConfig, spectral
from djtrans.plugins.separators.spectral import SpectralSeparator

DRUMS, BASS, VOCALS, OTHER = range(4)


def split(audio, rate=22050):
    return SpectralSeparator(SpectralConfig()).separate(audio, rate)


def tone(hz, rate=22050, seconds=3.0):
    t = torch.arange(int(rate * seconds), dtype=torch.float64) / rate
    return (0.3 * torch.sin(2 * math.pi * hz * t)).float()


def shares(stems, rate=22050):
    """Energy of each stem in the middle, as a fraction of the whole."""
    energy = stems[..., rate // 2 : -rate // 2].double().square().sum(dim=(1, 2))
    return (energy / energy.sum()).tolist()


@settings(max_examples=25, deadline=None)
@given(
    channels=st.sampled_from([1, 2]),
    samples=st.integers(1, 30_000),
    rate=st.sampled_from([8000, 22050, 44100]),
    level_db=st.integers(-120, 20),
    seed=st.integers(0, 100),
)
def test_stems_partition_the_input(channels, samples, rate, level_db, seed):
    audio = torch.randn(channels, samples, generator=torch.Generator().manual_seed(seed))
    audio = audio * 10 ** (level_db / 20)
    stems = split(audio, rate)
    assert stems.shape == (4, channels, samples)
    assert torch.isfinite(stems).all()
    assert (stems.sum(0) - audio).abs().max() <= 1e-6 * audio.abs().max()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), wide=st.booleans())
def test_masks_are_shares(seed, wide):
    generator = torch.Generator().manual_seed(seed)
    spectrum = torch.randn(2, 129, 40, dtype=torch.complex64, generator=generator)
    frames = spectral._Frames(torch.zeros(2, 2000), 3000)
    loops = (seed % 7) * np.ones((int(frames.voice.sum()), 40), np.float32)
    for kick_gone in (True, False):
        masks = SpectralSeparator(SpectralConfig())._masks(
            spectrum, loops, frames, wide=wide, kick_gone=kick_gone
        )
        assert masks.min() >= 0
        assert masks.sum(0).max() <= 1 + 1e-5


def test_each_kind_of_sound_goes_where_it_belongs():
    clicks = torch.zeros(2, 66150)
    clicks[:, ::11025] = 1.0
    bass = tone(60).expand(2, -1)
    # Each side has tones of its own: nothing lies in the centre.
    left, right = (sum(tone(hz) for hz in range(low, 3000, 220)) for low in (300, 410))
    assert shares(split(clicks))[DRUMS] > 0.9
    assert shares(split(bass))[BASS] > 0.9
    assert shares(split(torch.stack([left, right])))[OTHER] > 0.8


def test_a_melody_in_the_centre_is_vocals_and_a_loop_is_not():
    rate = 22050
    rng = np.random.default_rng(0)
    pitches = 330 * 2 ** (rng.permutation(24) / 12)
    notes = [tone(hz, seconds=0.4) + tone(2 * hz, seconds=0.4) for hz in pitches]
    fade = torch.linspace(0, 30, len(notes[0])).clamp(max=1)
    notes = [note * fade * fade.flip(0) for note in notes]
    melody, loop = torch.cat(notes), torch.cat(notes[:3] * 8)
    assert shares(split(melody.expand(2, -1)), rate)[VOCALS] > 0.6  # its onsets are drums
    assert shares(split(loop.expand(2, -1)), rate)[VOCALS] < 0.1


def test_a_kick_is_drums_even_over_a_bass():
    rate = 22050
    t = np.arange(int(0.15 * rate)) / rate
    kick = torch.from_numpy(np.exp(-t * 25) * np.sin(2 * np.pi * 55 * t)).float()
    kicks = torch.zeros(rate * 4)
    for start in range(0, rate * 4 - len(kick), rate // 2):
        kicks[start : start + len(kick)] = kick
    bass = 0.3 * tone(83, seconds=4.0)  # no whole number of cycles between two kicks
    stems = split((kicks + bass)[None])

    def correlation(a, b):
        return float((a * b).sum() / (a.norm() * b.norm()))

    assert correlation(stems[DRUMS][0], kicks) > 0.9
    assert correlation(stems[BASS][0], bass) > 0.9


def test_chunks_join_unheard(monkeypatch):
    audio = 0.1 * torch.randn(2, 60_000, generator=torch.Generator().manual_seed(1))
    whole = split(audio, 8000)
    monkeypatch.setattr(spectral, "_CHUNK_SECONDS", 2.0)
    seen = []
    chunked = SpectralSeparator(SpectralConfig()).separate(audio, 8000, progress=seen.append)
    assert len(seen) == 4
    assert seen[-1] == 1.0
    assert (chunked - whole).abs().max() < 1e-5


def test_a_stereo_file_of_a_mono_track_is_treated_as_mono():
    audio = 0.1 * torch.randn(1, 20_000, generator=torch.Generator().manual_seed(2))
    both = split(audio.expand(2, -1).clone())
    torch.testing.assert_close(both[:, :1], split(audio), atol=1e-6, rtol=0)


def test_silence_gives_silence_and_runs_repeat():
    assert not split(torch.zeros(2, 5000)).any()
    audio = torch.randn(2, 5000, generator=torch.Generator().manual_seed(3))
    assert torch.equal(split(audio), split(audio))


@pytest.mark.parametrize("field", ["kick_top_hz", "bass_top_hz"])
def test_the_config_is_bounded(field):
    with pytest.raises(ValueError, match=field):
        SpectralConfig(**{field: 5000.0})


def test_it_fulfils_the_contract():
    assert isinstance(SpectralSeparator(SpectralConfig()), Separator)


@pytest.mark.parametrize("length", [1, 3, 13, 27])
def test_the_running_median_is_scipys_along_rows(length):
    from scipy.ndimage import median_filter

    from djtrans.plugins.separators.spectral import _running_median

    rows = np.random.default_rng(0).random((7, 20)).astype(np.float32)
    expected = median_filter(rows, (1, length), mode="reflect")
    assert np.array_equal(_running_median(rows, length), expected)
