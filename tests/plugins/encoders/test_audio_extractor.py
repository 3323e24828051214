"""Bands and chroma of tones, from stems to the channels of the encoder."""

from __future__ import annotations

import math

import attrs
import pytest
import torch

from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.registry import default_registry

RATE = 22050
BEATS = torch.arange(17, dtype=torch.float64) * 0.5 + 0.25
STARTS = (BEATS[:-1, None] + torch.tensor([0.0, 0.25])).flatten()
A4, C5 = 440.0, 523.25


@pytest.fixture(scope="module")
def extractor():
    return default_registry().build_extractor("audio")


def tones(seconds=9.0, rate=RATE, **hz):
    """Stems with a tone each, silent where none is named."""
    t = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    waves = [0.3 * torch.sin(2 * math.pi * hz.get(name, 0.0) * t) for name in STEMS]
    return Stems(torch.stack(waves)[:, None].float(), STEMS, rate)


def conditioning(extractor, layout, stems, gain_db=0.0):
    """Levels ``[frames, stems, 4]`` and chroma of track A, as the encoder returns them."""
    features = extract_features(
        stems,
        BEATS,
        bpm=120.0,
        reference_db=-13.5 + gain_db,
        extractors=[extractor],
        gain_db=gain_db,
    )
    request = CurveRequest(layout, 32, 8, features_a=features, features_b=features)
    encoded = default_registry().encoders.build("audio").encode(request).per_frame[0]
    width = (encoded.shape[1] - 4) // 2
    return encoded[:, :16].reshape(32, 4, 4), encoded[:, width - 12 : width]


@pytest.fixture(scope="module")
def layout():
    from djtrans import mixer_layout

    return mixer_layout("dj54")


@pytest.mark.parametrize("rate", [22050, 44100])
def test_a_tone_is_in_its_band_only(extractor, layout, rate):
    stems = tones(rate=rate, drums=60.0, bass=220.0, vocals=1000.0, other=8000.0)
    levels, _ = conditioning(extractor, layout, stems)
    for band in range(4):
        # A sine of amplitude 0.3 has -13.5 dB, the reference; -60 to 6 dB are -1 to 1.
        assert torch.allclose(levels[:, band, band], torch.tensor(27 / 33), atol=0.01)
        others = torch.cat([levels[:, band, :band], levels[:, band, band + 1 :]], dim=1)
        assert float(others.max()) < (27 - 40) / 33


def test_lows_are_shares_of_the_low_band(extractor):
    kick, bass = (tones(bass=hz).audio for hz in (60.0, 220.0))
    lows = extractor.extract(Stems(kick + 3 * bass, STEMS, RATE), STARTS)["lows_db"]
    assert lows.shape == (32, 4, 2)
    shares = 10 * torch.log10(torch.tensor([0.1, 0.9]))
    assert torch.allclose(lows[:, 1], shares, atol=0.05)
    assert (lows[:, 0] == -60.0).all()


def test_the_chroma_is_that_of_the_harmonic_stems(extractor, layout):
    _, chroma = conditioning(extractor, layout, tones(drums=C5, other=A4))
    assert chroma[:, 9].tolist() == [1.0] * 32
    assert float(chroma.sum(dim=1).max()) == pytest.approx(1.0, abs=1e-3)
    both = extractor.extract(tones(bass=C5, other=A4), STARTS)["chroma"]
    assert (both[:, [0, 9]] > 0.8).all()
    assert (both.amax(dim=1) == 1.0).all()
    assert float(both.sum(dim=1).max()) < 2.001


def test_chroma_fades_with_the_tones(extractor):
    loud = tones(other=A4)
    for gain, largest in ((1e-6, 0.001), (0.0, 0.0)):
        chroma = extractor.extract(loud.scaled(gain), STARTS)["chroma"]
        assert 0.0 <= float(chroma.min()) <= float(chroma.max()) <= largest


def test_stems_without_pitch_have_no_chroma(extractor):
    stems = tones(drums=A4)
    only = attrs.evolve(stems, audio=stems.audio[:1], names=("drums",))
    assert extractor.extract(only, STARTS)["chroma"].tolist() == [[0.0] * 12] * 32


def test_the_gain_of_a_plan_changes_nothing(extractor, layout):
    stems = tones(drums=60.0, bass=220.0, vocals=1000.0, other=8000.0)
    plain = conditioning(extractor, layout, stems)
    louder = conditioning(extractor, layout, stems.scaled(10**0.3), gain_db=6.0)
    for one, other in zip(plain, louder, strict=True):
        assert torch.allclose(one, other, atol=1e-3)


def test_a_window_has_the_features_of_the_track(extractor):
    generator = torch.Generator().manual_seed(3)
    chords = tones(seconds=20.0, bass=110.0, vocals=A4, other=C5).audio
    chords *= torch.rand(4, 1, 40, generator=generator).repeat_interleave(RATE // 2, dim=2)
    chords += 0.01 * torch.randn(chords.shape, generator=generator)
    whole = Stems(chords, STEMS, RATE)
    start = 5.13
    window = whole.window(round(start * RATE), round(14.13 * RATE))
    for name, tolerance in (("lows_db", 0.5), ("chroma", 0.05)):
        of_track = extractor.extract(whole, STARTS + start)[name][4:-4]
        of_window = extractor.extract(window, STARTS)[name][4:-4]
        assert float((of_track - of_window).abs().max()) < tolerance
