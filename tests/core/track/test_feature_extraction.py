"""Features of tones with known power and frequency."""

from __future__ import annotations

import math

import attrs
import pytest
import torch

from djtrans.core.audio.decibels import FLOOR_DB
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.stems import Stems

RATE = 22050


def tones(amplitudes_and_hz, seconds=5.0):
    t = torch.arange(round(seconds * RATE)) / RATE
    waves = [a * torch.sin(2 * math.pi * hz * t) for a, hz in amplitudes_and_hz]
    return Stems(torch.stack(waves)[:, None].float(), [str(i) for i in range(len(waves))], RATE)


def test_each_band_has_the_level_of_its_tone():
    beats = torch.arange(9, dtype=torch.float64) * 0.5 + 0.25
    stems = tones([(0.5, 100.0), (0.1, 1000.0), (1.0, 8000.0), (0.0, 1.0)])
    features = extract_features(stems, beats, bpm=120.0, key="8A")
    assert features.level_db.shape == (16, 4, 3)
    assert features.n_frames == 16
    for stem, band, amplitude in ((0, 0, 0.5), (1, 1, 0.1), (2, 2, 1.0)):
        expected = 20 * math.log10(amplitude / math.sqrt(2))
        levels = features.level_db[:, stem]
        assert torch.allclose(levels[:, band], torch.tensor(expected), atol=0.1)
        others = [i for i in range(3) if i != band]
        assert float(levels[:, others].max()) < expected - 40
    assert (features.level_db[:, 3] == FLOOR_DB).all()


def test_levels_follow_the_frames():
    beats = torch.arange(9, dtype=torch.float64) * 0.5
    stems = tones([(0.5, 100.0)])
    stems.audio[..., : 2 * RATE] = 0.0
    levels = extract_features(stems, beats, bpm=120.0).level_db[:, 0, 0]
    assert float(levels[:7].max()) < -50
    assert torch.allclose(levels[9:], torch.tensor(-9.03), atol=0.1)


def test_a_window_beyond_the_stems_is_refused():
    beats = torch.arange(13, dtype=torch.float64) * 0.5
    with pytest.raises(InputError, match=r"0.00 to 6.00 s, but the stems are 5.00 s long"):
        extract_features(tones([(0.5, 100.0)]), beats, bpm=120.0)


def kicks(offset, seconds=5.0, every=0.5):
    """Decaying 60 Hz tones from 0.25 s on, each `offset` late."""
    wave = torch.zeros(round(seconds * RATE))
    start = 0.25 + offset
    while start < seconds:
        first = round(start * RATE)
        t = torch.arange(len(wave) - first) / RATE
        wave[first:] = torch.exp(-15 * t) * torch.sin(2 * math.pi * 60 * t)
        start += every
    return wave


@pytest.mark.parametrize("offset", [-0.004, 0.0, 0.004])
def test_an_onset_belongs_to_the_frame_that_it_starts(offset):
    beats = torch.arange(9, dtype=torch.float64) * 0.5 + 0.25
    steady = tones([(0.3, 200.0)]).audio[0]
    stems = Stems(torch.stack([kicks(offset)[None], steady]), ["drums", "bass"], RATE)
    onset = extract_features(stems, beats, bpm=120.0).onset
    assert (onset[::2, 0] > 0.9).all()
    assert (onset[1::2, 0] < 0.05).all()
    assert (onset[:, 1] < 0.05).all()


def test_a_voice_is_heard_by_its_level_against_the_track():
    beats = torch.arange(9, dtype=torch.float64) * 0.5
    stems = Stems(
        tones([(0.5, 100.0), (0.1, 1000.0)]).audio, ["drums", "vocals"], RATE
    )  # -9 and -23 dB
    for reference, low, high in ((-9.0, 0.9, 1.0), (2.0, 0.4, 0.6), (30.0, 0.0, 0.05)):
        vocal = extract_features(stems, beats, bpm=120.0, reference_db=reference).vocal
        assert low <= float(vocal.min())
        assert float(vocal.max()) <= high
    without = attrs.evolve(stems, names=("drums", "bass"))
    assert (extract_features(without, beats, bpm=120.0).vocal == 0).all()


def test_features_are_local():
    torch.manual_seed(0)
    noise = Stems(torch.randn(2, 1, 10 * RATE) * 0.1, ["drums", "vocals"], RATE)
    whole = torch.arange(21, dtype=torch.float64) * 0.5
    inside = whole[4:17]
    long = extract_features(noise, whole, bpm=120.0, reference_db=-10.0)
    short = extract_features(noise, inside, bpm=120.0, reference_db=-10.0)
    for name in ("level_db", "onset", "vocal"):
        assert torch.equal(getattr(long, name)[8:32], getattr(short, name))


class Peaks:
    """An extractor: the peak of each stem in each frame, at the level that the stems have."""

    name = "lab/peaks"

    def __init__(self, frames=16):
        self.frames = frames

    def extract(self, stems, times):
        assert len(times) == 16
        return {"peak": stems.audio.abs().amax(dim=(1, 2)).repeat(self.frames, 1)}


def test_arrays_of_extractors_are_those_of_the_stems_without_their_gain():
    beats = torch.arange(9, dtype=torch.float64) * 0.5 + 0.25
    stems = tones([(0.5, 100.0), (0.25, 1000.0)])
    found = extract_features(stems, beats, bpm=120.0, gain_db=20.0, extractors=[Peaks()]).extra
    assert list(found) == ["lab/peaks/peak"]
    expected = torch.tensor([0.05, 0.025]).expand(16, 2)
    assert torch.allclose(found["lab/peaks/peak"], expected, rtol=1e-3)


def test_an_extractor_gives_a_value_for_every_frame():
    beats = torch.arange(9, dtype=torch.float64) * 0.5 + 0.25
    with pytest.raises(ShapeError, match=r"lab/peaks returned 'peak' of shape \(7, 1\) on 16"):
        extract_features(tones([(0.5, 100.0)]), beats, bpm=120.0, extractors=[Peaks(7)])
