"""Styles, intros, basses, singing and endings, each against what its name promises."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from djtrans.core.errors import ConfigError, InputError
from djtrans.synthesis import GENRES, SynthTrack, TrackSpec, sample_spec, synthesize
from djtrans.synthesis.track_spec import DRUM_STYLES

RATE = 22050
BASE = TrackSpec(bpm=120.0, seed=4, sample_rate_hz=RATE, structure=(("intro", 4), ("drop", 8)))


def stem(track: SynthTrack, name: str, start_bar: float, end_bar: float) -> np.ndarray:
    edges = (round(track.grid.time_of(4 * bar) * RATE) for bar in (start_bar, end_bar))
    return track.stems[name][:, slice(*map(int, edges))].mean(dim=0).double().numpy()


def band_rms(sound: np.ndarray, low: float, high: float) -> float:
    sos = signal.butter(6, (low, high), "bandpass", fs=RATE, output="sos")
    return float(np.sqrt(np.mean(signal.sosfiltfilt(sos, sound) ** 2)))


@pytest.mark.parametrize("drums", DRUM_STYLES)
def test_every_style_strikes_its_kicks_where_it_says(drums: str) -> None:
    track = synthesize(attrs.evolve(BASE, drums=drums, structure=(("drop", 8),)))
    steps = track.grid.beat_of(track.kick_seconds) * 4
    assert np.max(np.abs(steps - np.round(steps))) < 0.001
    assert 0 in np.round(steps)  # the first bar starts with a kick
    if drums in ("four-on-the-floor", "techno"):
        assert np.all(np.round(steps) % 4 == 0)
    else:
        assert np.any(np.round(steps) % 4 != 0)


@pytest.mark.parametrize("drums", ["half-time", "trap"])
def test_half_time_has_its_loudest_snare_on_three(drums: str) -> None:
    track = synthesize(attrs.evolve(BASE, drums=drums, structure=(("drop", 8),)))
    rise = []
    for beat in range(4):
        parts = [
            band_rms(stem(track, "drums", bar + beat / 4, bar + beat / 4 + 0.06), 1200.0, 5000.0)
            for bar in range(8)
        ]
        rise.append(float(np.median(parts)))
    assert int(np.argmax(rise)) == 2


@pytest.mark.parametrize("intro", ["sparse", "beatless", "vocal"])
def test_an_intro_without_a_kick(intro: str) -> None:
    track = synthesize(attrs.evolve(BASE, intro=intro, structure=(("intro", 8), ("drop", 8))))
    assert track.kick_seconds.min() == pytest.approx(track.grid.time_of_bar(8), abs=1e-4)
    drums = np.abs(stem(track, "drums", 0, 7)).max()
    assert (drums > 0) == (intro == "sparse")
    assert np.abs(stem(track, "other", 0, 8)).max() > 0
    assert (np.abs(stem(track, "vocals", 0, 8)).max() > 0) == (intro == "vocal")


def test_a_sub_bass_is_low_only_and_a_mid_bass_is_not() -> None:
    tracks = {kind: synthesize(attrs.evolve(BASE, bass=kind)) for kind in ("full", "sub", "mid")}
    low, high = {}, {}
    for kind, track in tracks.items():
        drop = stem(track, "bass", 4, 12)
        low[kind], high[kind] = band_rms(drop, 30.0, 90.0), band_rms(drop, 200.0, 2000.0)
    assert high["sub"] < 0.03 * low["sub"]
    assert low["mid"] < 0.5 * high["mid"]
    assert high["sub"] < high["full"]
    assert low["mid"] < 0.2 * low["full"]


def test_a_cold_end_stops_after_the_first_beat_of_the_last_bar() -> None:
    track = synthesize(attrs.evolve(BASE, ending="cold"))
    assert track.audio[:, int(track.grid.time_of(45.2) * RATE) :].abs().max() == 0.0
    assert stem(track, "drums", 11, 11.2).any()
    assert track.kick_seconds.max() < track.grid.time_of(45.01)


def test_a_fade_out_falls_steadily() -> None:
    track = synthesize(attrs.evolve(BASE, ending="fade-out", structure=(("drop", 16),)))
    plain = synthesize(attrs.evolve(BASE, structure=(("drop", 16),)))
    for bar, decibels in ((6, 0.0), (10, -18.75), (14, -48.75)):  # 60 dB in 8 bars, mid-bar
        levels = [np.sqrt(np.mean(stem(t, "bass", bar, bar + 1) ** 2)) for t in (track, plain)]
        first = [np.sqrt(np.mean(stem(t, "bass", 2, 3) ** 2)) for t in (track, plain)]
        fall = 20 * np.log10((levels[0] / first[0]) / (levels[1] / first[1]))
        assert fall == pytest.approx(decibels, abs=1.5)


def test_section_gains_are_what_the_sections_differ_by() -> None:
    structure = (("drop", 4), ("drop", 4), ("drop", 4))
    plain = synthesize(attrs.evolve(BASE, structure=structure))
    moved = synthesize(attrs.evolve(BASE, structure=structure, section_gains_db=(0.0, -6.0, 3.0)))
    change = np.subtract(*([s.level_db for s in t.sections] for t in (moved, plain)))
    assert np.diff(change) == pytest.approx([-6.0, 9.0], abs=0.15)


@pytest.mark.parametrize("gains", [(0.0,), (0.0, -20.0), (0.0, "loud"), 3.0])
def test_section_gains_that_do_not_fit_are_refused(gains: object) -> None:
    with pytest.raises(ConfigError, match="section_gains_db"):
        attrs.evolve(BASE, section_gains_db=gains)


def test_dense_singing_has_pickups_and_goes_to_the_boundary() -> None:
    structure = (("intro", 4), ("drop", 8), ("outro", 4))
    track = synthesize(attrs.evolve(BASE, singing="dense", structure=structure))
    assert [(p.start_bar, p.bars) for p in track.sung] == [(4, 4), (8, 2), (10, 2)]
    assert np.abs(stem(track, "vocals", 3.75, 4.0)).max() > 0.01  # the beat before the line
    assert not stem(track, "vocals", 0, 3.7).any()
    assert np.abs(stem(track, "vocals", 11.75, 11.9)).max() > 0.01


@given(seed=st.integers(0, 10**6), genre=st.sampled_from([None, *GENRES]))
@settings(max_examples=60)
def test_a_drawn_spec_is_of_its_genre(seed: int, genre: str | None) -> None:
    spec = sample_spec(seed, genre, sample_rate_hz=RATE)
    assert spec == sample_spec(seed, genre, sample_rate_hz=RATE)
    kinds = [GENRES[genre]] if genre else list(GENRES.values())
    assert any(
        spec.drums == kind.drums and kind.bpm[0] <= spec.bpm <= kind.bpm[1] for kind in kinds
    )
    assert spec.sample_rate_hz == RATE
    assert any(label == "drop" for label, _ in spec.structure)


def test_drawn_specs_are_wide() -> None:
    specs = [sample_spec(seed) for seed in range(200)]
    assert {spec.ending for spec in specs} == {"cut", "fade-out", "cold"}
    assert {spec.intro for spec in specs} == {"drums", "sparse", "beatless", "vocal"}
    assert {spec.bass for spec in specs} == {"full", "sub", "mid"}
    assert any(spec.structure[0][0] != "intro" for spec in specs)
    assert any(spec.structure[-1][0] != "outro" for spec in specs)
    assert {2, 4} <= {bars for spec in specs for label, bars in spec.structure if label == "break"}
    gains = [gain for spec in specs for gain in spec.section_gains_db]
    assert min(gains) < -5.0
    assert max(gains) > 2.5


def test_a_genre_that_is_not_there_is_refused_with_a_suggestion() -> None:
    with pytest.raises(InputError, match="house"):
        sample_spec(0, "hose")
