from __future__ import annotations

import attrs
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from djtrans.synthesis import SynthTrack, TrackSpec, synthesize

SPEC = TrackSpec(
    bpm=126.5,
    tonic=5,
    seed=3,
    start_seconds=0.321,
    structure=(("intro", 4), ("build", 4), ("drop", 8), ("break", 8), ("drop", 4), ("outro", 4)),
)
SHORT = (("intro", 1), ("drop", 1), ("break", 1))
STEMS = ("drums", "bass", "vocals", "other")


@pytest.fixture(scope="module")
def track() -> SynthTrack:
    return synthesize(SPEC)


def _part(track: SynthTrack, stem: str, label: str) -> np.ndarray:
    """The mono signal of a stem in the first section of a label."""
    section = next(s for s in track.sections if s.label == label)
    edges = (track.grid.time_of_bar(bar) for bar in (section.start_bar, section.end_bar))
    begin, end = (round(edge * track.sample_rate) for edge in edges)
    return track.stems[stem][:, begin:end].mean(dim=0).double().numpy()


def _power(sound: np.ndarray, rate: int, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / rate)
    return float(power[(frequencies >= low) & (frequencies < high)].sum())


def _chroma(sound: np.ndarray, rate: int) -> np.ndarray:
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / rate)
    inside = (frequencies > 100) & (frequencies < 1000)
    classes = np.round(69 + 12 * np.log2(frequencies[inside] / 440)).astype(int) % 12
    chroma = np.bincount(classes, weights=power[inside], minlength=12)
    return chroma / chroma.sum()


def test_the_same_spec_is_the_same_track_bit_for_bit() -> None:
    spec = TrackSpec(seed=11, structure=SHORT)
    assert torch.equal(synthesize(spec).stems.audio, synthesize(spec).stems.audio)


def test_another_seed_is_another_track() -> None:
    a, b = (synthesize(TrackSpec(seed=s, structure=(("drop", 4),))).stems for s in (0, 1))
    for stem in ("drums", "bass", "other"):
        correlation = torch.corrcoef(torch.stack([a[stem].flatten(), b[stem].flatten()]))[0, 1]
        assert correlation < 0.9


def test_the_mix_is_the_sum_of_the_stems_and_peaks_at_the_level(track: SynthTrack) -> None:
    assert track.stems.names == STEMS
    assert track.stems.audio.dtype == torch.float32
    total = sum(track.stems[name] for name in STEMS)
    assert torch.allclose(track.audio, total, atol=2e-7)
    assert track.audio.abs().max() == pytest.approx(10 ** (SPEC.level_db / 20), rel=1e-5)


def test_level_scales_everything_and_start_delays_everything() -> None:
    plain = synthesize(TrackSpec(structure=SHORT))
    quiet = synthesize(TrackSpec(structure=SHORT, level_db=-21.0))
    late = synthesize(TrackSpec(structure=SHORT, start_seconds=0.5))
    assert torch.allclose(quiet.stems.audio * 10, plain.stems.audio, atol=1e-5)
    assert not late.stems.audio[..., :22050].any()
    assert late.stems.samples - plain.stems.samples == 22050
    assert late.grid.beat_times == pytest.approx(plain.grid.beat_times + 0.5)


def test_every_kick_begins_within_half_a_millisecond_of_its_beat(track: SynthTrack) -> None:
    rate = track.sample_rate
    drums = track.stems["drums"].mean(dim=0).double().numpy()
    low = signal.sosfiltfilt(signal.butter(4, 150, fs=rate, output="sos"), drums)
    # The first sound of all is a kick on beat 0: silence, and half a millisecond later a kick.
    first = track.grid.beat_times[0] * rate
    assert not drums[: int(first)].any()
    assert np.abs(drums[: int(first + 0.0005 * rate)]).max() > 0.1
    # Its low band, found again by correlation, gives the time of every other one.
    length, reach = round(0.1 * rate), round(0.02 * rate)
    model = low[round(first) : round(first) + length]
    beats = [
        beat
        for section in track.sections
        if section.label in ("intro", "drop", "outro")
        for beat in range(4 * section.start_bar, 4 * section.end_bar)
    ]
    kicks = 0
    for beat in beats[1:]:
        at = round(track.grid.beat_times[beat] * rate)
        around = low[at - reach : at + length + reach]
        correlation = signal.correlate(around, model, mode="valid")
        if correlation.max() < 0.5 * np.dot(model, model):
            assert beat % 16 == 15  # a fill that leaves the last kick of a phrase out
            continue
        kicks += 1
        assert abs(int(np.argmax(correlation)) - reach) < 0.0005 * rate
    assert kicks >= 0.9 * len(beats)


def test_the_truth_about_kicks_is_on_the_grid(track: SynthTrack) -> None:
    beats = track.grid.beat_of(track.kick_seconds)
    assert np.max(np.abs(beats - np.round(beats))) * 60 / SPEC.bpm < 0.6 / track.sample_rate
    broken = synthesize(attrs.evolve(SPEC, drums="broken", structure=(("drop", 8),)))
    sixteenths = broken.grid.beat_of(broken.kick_seconds) * 4
    assert np.max(np.abs(sixteenths - np.round(sixteenths))) < 0.001
    assert np.any(np.round(sixteenths) % 4 != 0)
    ones = np.round(sixteenths[np.round(sixteenths) % 16 == 0])
    assert list(ones) == [16 * bar for bar in range(8)]  # each bar has a kick on the one


def test_the_bass_is_low_and_plays_in_the_drop_only(track: SynthTrack) -> None:
    drop = _part(track, "bass", "drop")
    assert _power(drop, 44100, 30, 300) > 0.9 * _power(drop, 44100, 0, 22050)
    for label in ("intro", "build", "break", "outro"):
        assert np.sqrt(np.mean(_part(track, "bass", label) ** 2)) < 1e-3


@pytest.mark.parametrize(
    ("tonic", "mode", "seed"),
    [(5, "minor", 3), (0, "major", 1), pytest.param(8, "minor", 6, marks=pytest.mark.slow)],
)
def test_the_key_is_heard(tonic: int, mode: str, seed: int) -> None:
    structure = (("drop", 8), ("break", 8))
    track = synthesize(TrackSpec(tonic=tonic, mode=mode, seed=seed, structure=structure))
    scale = {"minor": (0, 2, 3, 5, 7, 8, 10), "major": (0, 2, 4, 5, 7, 9, 11)}[mode]
    for stem, share in (("other", 0.95), ("vocals", 0.85)):
        sound = track.stems[stem].mean(dim=0).double().numpy()
        chroma = _chroma(sound, track.sample_rate)
        shares = [sum(chroma[(shift + step) % 12] for step in scale) for shift in range(12)]
        assert shares[tonic] > share, stem
    # Not ours: the probe-tone profiles of Krumhansl and Kessler (1982) name the key by ear.
    profiles = {
        "major": [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
        "minor": [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
    }
    chroma = _chroma(track.stems["other"].mean(dim=0).double().numpy(), track.sample_rate)
    found = max(
        (float(np.corrcoef(np.roll(profile, shift), np.sqrt(chroma))[0, 1]), shift, name)
        for name, profile in profiles.items()
        for shift in range(12)
    )
    assert found[1:] == (tonic, mode)
    assert (track.key.tonic, track.key.mode) == (tonic, mode)


def test_sections_have_the_order_of_levels_that_dancers_expect(track: SynthTrack) -> None:
    level = {s.label: s.level_db for s in track.sections}
    assert max(s.level_db for s in track.sections) == pytest.approx(0.0)
    assert level["intro"] < level["build"] < level["drop"]
    assert level["break"] < level["drop"]
    assert level["outro"] < level["drop"] - 2.0


def test_section_levels_are_those_of_the_mix(track: SynthTrack) -> None:
    levels = []
    for section in track.sections:
        begin, end = (
            round(track.grid.time_of_bar(bar) * track.sample_rate)
            for bar in (section.start_bar, section.end_bar)
        )
        levels.append(10 * np.log10(float(track.audio[:, begin:end].double().pow(2).mean())))
    measured = np.array(levels) - max(levels)
    assert [s.level_db for s in track.sections] == pytest.approx(measured, abs=0.01)


def test_a_break_has_no_kick_and_a_build_loses_it_before_the_drop(track: SynthTrack) -> None:
    drop = _power(_part(track, "drums", "drop"), 44100, 30, 120)
    assert _power(_part(track, "drums", "break"), 44100, 30, 120) < 1e-4 * drop
    last = (track.kick_seconds > track.grid.time_of_bar(7) - 1e-3) & (
        track.kick_seconds < track.grid.time_of_bar(8) - 1e-3
    )
    assert not last.any()
    assert np.any(np.abs(track.kick_seconds - track.grid.time_of_bar(8)) < 1e-3)


def test_the_intro_grows_and_is_drums_alone(track: SynthTrack) -> None:
    intro = _part(track, "drums", "intro")
    quarters = [_power(q, 44100, 3000, 22050) for q in np.array_split(intro, 4)]
    assert quarters[0] < quarters[1] < quarters[3]
    for stem in ("bass", "vocals", "other"):
        assert not _part(track, stem, "intro").any()


def test_the_voice_sings_in_the_bars_stated_and_nowhere_else(track: SynthTrack) -> None:
    assert {phrase.bars for phrase in track.sung} == {2, 4}
    voice = track.stems["vocals"].clone()
    for phrase in track.sung:
        begin, end = (
            round(track.grid.time_of_bar(bar) * track.sample_rate)
            for bar in (phrase.start_bar, phrase.start_bar + phrase.bars)
        )
        sung = voice[:, begin:end]
        assert sung.pow(2).mean().sqrt() > 0.01
        breath = round(0.3 * 60 / SPEC.bpm * track.sample_rate)  # a gap ends each phrase
        assert sung[:, -breath:].abs().max() < 0.03 * sung.abs().max()
        sung.zero_()
    assert not voice.any()


def test_without_a_voice_the_rest_stays_the_same() -> None:
    structure = (("drop", 8),)
    with_voice = synthesize(TrackSpec(structure=structure))
    without = synthesize(TrackSpec(structure=structure, has_vocals=False))
    assert with_voice.stems["vocals"].any()
    assert not without.stems["vocals"].any()
    assert without.sung == ()
    for stem in ("drums", "bass", "other"):  # up to the gain that sets the peak
        a, b = (t.stems[stem].flatten().double() for t in (with_voice, without))
        assert float(torch.dot(a, b) / (a.norm() * b.norm())) == pytest.approx(1.0, abs=1e-9)


def test_swing_delays_the_hats_of_the_odd_sixteenths_and_no_kick() -> None:
    base = TrackSpec(bpm=100.0, seed=2, structure=(("drop", 4),))
    straight, swung = (synthesize(spec) for spec in (base, attrs.evolve(base, swing=1.0)))
    high_pass = signal.butter(4, 6000, "highpass", fs=44100, output="sos")
    sixteenth = 0.15

    def rise(track: SynthTrack, late: float) -> float:
        """How much the high band gains where the odd sixteenths would be, 4 ms on either side."""
        hats = signal.sosfilt(high_pass, track.stems["drums"][0].double().numpy()) ** 2
        starts = [round((step + late) * sixteenth * 44100) for step in range(1, 64, 2)]
        return float(sum(hats[at : at + 176].sum() - hats[at - 176 : at].sum() for at in starts))

    assert rise(straight, 0.0) > 5 * abs(rise(straight, 1 / 3))
    assert rise(swung, 1 / 3) > 5 * abs(rise(swung, 0.0))
    assert list(straight.kick_seconds) == list(swung.kick_seconds)


def test_hats_and_pads_are_wide_and_kick_and_bass_are_not(track: SynthTrack) -> None:
    def width(stem: str, cut: float, kind: str) -> float:
        audio = track.stems[stem].double().numpy()
        band = signal.sosfilt(signal.butter(4, cut, kind, fs=44100, output="sos"), audio)
        return float(np.sum((band[0] - band[1]) ** 2) / np.sum((band[0] + band[1]) ** 2))

    assert width("drums", 8000, "highpass") > 0.1
    assert width("other", 250, "highpass") > 0.05
    assert width("bass", 300, "lowpass") < 1e-6
    assert width("drums", 100, "lowpass") < 1e-3


@pytest.mark.slow
@settings(max_examples=12)
@given(
    bpm=st.floats(60, 200),
    tonic=st.integers(0, 11),
    mode=st.sampled_from(["minor", "major"]),
    seed=st.integers(0, 10**6),
    drums=st.sampled_from(["four-on-the-floor", "broken"]),
    swing=st.floats(0, 1),
    rate=st.sampled_from([22050, 44100, 48000]),
    structure=st.sampled_from(
        [SHORT, (("build", 1),), (("break", 5), ("drop", 3)), (("outro", 2), ("build", 3))]
    ),
)
def test_any_spec_gives_finite_audio_of_the_right_length_below_full_scale(
    bpm: float,
    tonic: int,
    mode: str,
    seed: int,
    drums: str,
    swing: float,
    rate: int,
    structure: tuple[tuple[str, int], ...],
) -> None:
    spec = TrackSpec(
        bpm=bpm,
        tonic=tonic,
        mode=mode,
        seed=seed,
        drums=drums,
        swing=swing,
        sample_rate_hz=rate,
        structure=structure,
    )
    track = synthesize(spec)
    bars = sum(length for _, length in structure)
    assert track.stems.audio.shape == (4, 2, round(bars * 240 / bpm * rate))
    assert torch.isfinite(track.stems.audio).all()
    assert 0.8 < float(track.audio.abs().max()) < 1.0
    assert track.grid.bars == bars
    assert track.sections[-1].end_bar == bars
