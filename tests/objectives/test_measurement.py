"""Powers of sines and noise, which are known in closed form."""

from __future__ import annotations

import math

import pytest
import torch

import djtrans
from djtrans.core.errors import InputError
from djtrans.core.track.stem_names import STEMS
from djtrans.objectives import measure_cross_power, measure_stem_powers
from djtrans.objectives.measurement import BAND_EDGES_HZ

BEAT_TIMES = torch.arange(9, dtype=torch.float64) * 0.5
SECONDS = 4.0
#: Cells of the first and the last beat see the silence outside of the window.
INSIDE = slice(16, -16)


def stems(audio, rate):
    return djtrans.Stems(audio.float(), STEMS, rate)


def sine(hz, rate, amplitude=1.0, phase=0.0):
    t = torch.arange(round(SECONDS * rate), dtype=torch.float64) / rate
    return amplitude * torch.sin(2 * math.pi * hz * t + phase)


def only(index, audio, rate):
    """One stem is this mono audio, the others are silent."""
    whole = torch.zeros(4, 1, audio.shape[-1], dtype=torch.float64)
    whole[index, 0] = audio
    return stems(whole, rate)


@pytest.mark.parametrize("rate", [22050, 44100, 48000])
@pytest.mark.parametrize(("hz", "low"), [(50.0, 40), (350.0, 300), (1000.0, 920), (5000.0, 4400)])
def test_a_sine_has_half_its_squared_amplitude_in_its_band(hz, low, rate):
    measured = measure_stem_powers(only(2, sine(hz, rate, 0.3), rate), BEAT_TIMES)
    power = measured.power[2, INSIDE]
    assert power.sum(dim=1).numpy() == pytest.approx(0.3**2 / 2, rel=0.01)
    # The main lobe of the window is 4 bins of 21.5 Hz wide, so low bands leak into each other.
    near = {b for b, e in enumerate(BAND_EDGES_HZ[:-1]) if abs(e - low) <= (60 if hz < 100 else 0)}
    far = [b for b in range(len(BAND_EDGES_HZ) - 1) if b not in near]
    assert float(power[:, far].sum(dim=1).max()) < 0.02 * 0.3**2 / 2
    assert float(measured.power[[0, 1, 3]].max()) == 0.0
    torch.testing.assert_close(measured.mix_power, measured.power[2])


def test_noise_keeps_its_mean_square():
    """Parseval: over all bands and cells the power is that of the samples."""
    rate = 44100
    white = torch.randn(4, 2, round(SECONDS * rate), generator=torch.Generator().manual_seed(0))
    spectrum = torch.fft.rfft(white.double())
    hz = torch.linspace(0, rate / 2, spectrum.shape[-1])
    spectrum[..., (hz < 100) | (hz > 12000)] = 0
    audio = 0.1 * torch.fft.irfft(spectrum, n=white.shape[-1])
    measured = measure_stem_powers(stems(audio, rate), BEAT_TIMES)
    true = audio.square().mean(dim=1).unflatten(-1, (8, -1)).mean(dim=-1)  # [stems, beats]
    found = measured.power.sum(dim=-1).unflatten(-1, (8, -1)).mean(dim=-1)
    torch.testing.assert_close(found[:, 1:-1].double(), true[:, 1:-1], rtol=0.03, atol=0)


def test_stems_that_are_equal_sum_as_amplitudes():
    audio = sine(1000.0, 22050).expand(4, 1, -1)
    measured = measure_stem_powers(stems(audio, 22050), BEAT_TIMES)
    torch.testing.assert_close(measured.mix_power, 16.0 * measured.power[0], rtol=1e-4, atol=1e-6)


def test_power_is_where_the_sound_is_in_time():
    """Beats of different length, each with its own level."""
    rate = 22050
    edges = torch.tensor([0.0, 0.5, 0.9, 1.6, 2.0, 2.6], dtype=torch.float64)
    level = torch.tensor([0.1, 0.8, 0.2, 0.0, 0.4])
    beat = (torch.bucketize(torch.arange(round(2.8 * rate)) / rate, edges, right=True) - 1).clamp(
        max=4
    )
    audio = level[beat] * sine(1000.0, rate)[: len(beat)].float()
    measured = measure_stem_powers(only(0, audio.double(), rate), edges)
    assert measured.n_beats == 5
    assert measured.cell_times[::16].tolist() == pytest.approx(edges.tolist())
    cells = measured.mix_power.sum(dim=-1).view(5, 16)
    # Away from the edges of the beats, where the window of 46 ms sees one level only.
    torch.testing.assert_close(cells[:, 3:-3].mean(dim=1), level**2 / 2, rtol=0.01, atol=1e-6)


@pytest.mark.parametrize("degrees", [0, 60, 90, 120, 180])
def test_cross_power_is_the_power_times_the_cosine_of_the_phase(degrees):
    rate = 22050
    a = only(0, sine(1000.0, rate, 0.5), rate)
    b = only(3, sine(1000.0, rate, 0.5, math.radians(degrees)), rate)
    source = measure_stem_powers(a, BEAT_TIMES)
    cross = measure_cross_power(a, b, source)[INSIDE].sum(dim=1)
    expected = 0.125 * math.cos(math.radians(degrees))
    assert cross.numpy() == pytest.approx(expected, abs=1e-3)


def test_the_power_of_a_sum_follows_from_the_cross_power():
    rate, generator = 22050, torch.Generator().manual_seed(3)
    shape = (4, 2, round(SECONDS * rate))
    common, a, b = (0.1 * torch.randn(shape, generator=generator) for _ in range(3))
    a, b = a + common, b + common
    powers = [measure_stem_powers(stems(x, rate), BEAT_TIMES).mix_power for x in (a, b, a + b)]
    source = measure_stem_powers(stems(a, rate), BEAT_TIMES)
    cross = measure_cross_power(stems(a, rate), stems(b, rate), source)
    torch.testing.assert_close(powers[2], powers[0] + powers[1] + 2 * cross, rtol=1e-3, atol=1e-6)


def test_notes_belong_to_the_stem_that_plays_them():
    """A of 440 Hz in the vocals, a louder C of 1047 Hz in the others."""
    rate = 22050
    audio = torch.zeros(4, 1, round(SECONDS * rate), dtype=torch.float64)
    audio[2, 0], audio[3, 0] = sine(440.0, rate, 0.2), sine(1046.5, rate, 0.6)
    chroma = measure_stem_powers(stems(audio, rate), BEAT_TIMES).chroma
    assert tuple(chroma.shape) == (4, 8, 3, 12)
    notes = {
        (stem, band, pitch)
        for stem, _, band, pitch in (chroma > 0.01 * chroma.max()).nonzero().tolist()
    }
    assert notes == {(2, 1, 9), (3, 2, 0)}
    assert chroma[3, 4, 2, 0] == pytest.approx(3 * float(chroma[2, 4, 1, 9]), rel=0.05)


def test_what_is_known_of_the_stems_is_kept():
    audio = only(0, sine(100.0, 22050), 22050)
    measured = measure_stem_powers(audio, BEAT_TIMES, isolated=False, cells_per_beat=4)
    assert (measured.isolated, measured.stem_names) == (False, STEMS)
    assert (measured.n_cells, measured.n_beats, measured.cells_per_beat) == (32, 8, 4)


@pytest.mark.parametrize(
    "times", [[0.0], [-0.1, 0.5], [0.0, 4.2]], ids=["no beat", "before", "after"]
)
def test_a_window_outside_of_the_stems_is_an_error(times):
    audio = only(0, sine(100.0, 22050), 22050)
    with pytest.raises(InputError, match="not within the stems"):
        measure_stem_powers(audio, torch.tensor(times, dtype=torch.float64))
