"""Levels of the output: eased gains, a limiter on the mix, and the warning of a quiet output."""

from __future__ import annotations

import json
import warnings

import attrs
import pyloudnorm
import pytest
import torch

import djtrans
from djtrans.cli.summary import as_document, describe
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.loudness import true_peak_db
from djtrans.core.transition.alignment import Span, align
from djtrans.core.transition.gain_ease import GainEase
from djtrans.mixer.rendering import Rendered
from djtrans.pipeline.output_level import warn_of_level
from djtrans.synthesis import TrackSpec, synthesize
from tests.helpers.plans import track_plan

RATE = 22050


@pytest.fixture(scope="module")
def tracks():
    """A is 10 dB quieter, and one sample of its intro leaves it no headroom."""
    parts = (("intro", 8), ("drop", 16), ("outro", 8)), (("intro", 8), ("drop", 32))
    a, b = (
        synthesize(TrackSpec(bpm=172.0, seed=1, structure=structure, sample_rate_hz=RATE)).audio
        for structure in parts
    )
    a = a * 10 ** (-10 / 20)
    a[:, 0] = 0.95
    return [djtrans.Track(audio, RATE, name) for audio, name in ((a, "a"), (b, "b"))]


@pytest.fixture(scope="module")
def made(tracks):
    return djtrans.generate(
        *tracks,
        technique="bass-swap",
        bars=8,
        context=28,
        separator="spectral",
        model=None,
        device="cpu",
    )


def test_b_is_rendered_with_the_eased_gain(tracks, made):
    plan, rendered = made.plan, made.rendered
    ease, trim = plan.b.gain_ease, rendered.trim_db
    assert (plan.a.gain_db, ease.gain_db) == (pytest.approx(0.0, abs=0.5), 0.0)
    assert plan.b.gain_db == pytest.approx(-10.0, abs=1.5)
    assert 10.0 / ease.bars < 0.55
    plain = align(tracks[1], attrs.evolve(plan.b, gain_db=0.0, gain_ease=None), rendered.span)
    bar = (ease.stop - ease.start) / ease.bars
    for number in range(1, 28):
        seconds = ease.start + number * bar
        at = round(seconds * RATE) - rendered.span.start
        part = slice(at, at + RATE // 50)
        change = rendered.mix[:, part].square().sum() / plain[:, part].square().sum()
        wanted = plan.b.gain_db * (1.0 - min(1.0, (number + 0.5 * 0.02 / bar) / ease.bars)) + trim
        assert 10.0 * float(torch.log10(change)) == pytest.approx(wanted, abs=0.05)


def test_what_the_mix_is_compared_with_has_the_same_gain(made):
    after = round(made.window_seconds[1] * RATE) + RATE
    r = made.rendered
    assert float((r.mix[:, after:] - r.solo_b[:, after:]).abs().max()) < 1e-5
    (gate,) = [gate for gate in made.metrics().gates if gate.name == "level"]
    assert gate.verdict == "pass"


def test_an_eased_gain_returns_from_the_params_file(tracks, made, tmp_path):
    made.save_params(tmp_path / "p.json")
    again = djtrans.render(tmp_path / "p.json", *tracks, device="cpu")
    assert again.plan.b.gain_ease == made.plan.b.gain_ease
    assert torch.equal(again.audio, made.audio)


def test_the_summary_states_gains_and_their_ease(made):
    ease = made.plan.b.gain_ease
    lines = "\n".join(describe(made, [], 1.0))
    before = f"{made.plan.b.gain_db:+.1f} dB"
    assert f"B {before} (matched at the swap)" in lines
    assert f"B eased from {before} to 0 dB over the {ease.bars} bars after the window" in lines
    assert "the file ends" not in lines
    start = made.rendered.span.start
    middle = round((ease.start + 0.25 * (ease.stop - ease.start)) * RATE)
    cut = attrs.evolve(made.rendered, span=Span(start, middle))
    short = "\n".join(describe(attrs.evolve(made, rendered=cut), [], 1.0))
    assert f"; the file ends after {round(0.25 * ease.bars)} of them" in short


def test_a_limiter_on_the_mix_is_recorded_and_reported(tracks, tmp_path):
    loud = [djtrans.Track(8.0 * track.audio, RATE, track.name) for track in tracks]
    options = {"technique": "cut", "context": 4, "separator": "spectral", "device": "cpu"}
    with pytest.warns(UserWarning, match=r"quieter than the files: .* \(--master limiter\)"):
        plain = djtrans.generate(*loud, model=None, **options)
    settings = {"limiter.release_ms": 100.0}
    limited = djtrans.generate(*loud, model=None, master="limiter", settings=settings, **options)
    assert limited.mixer.spec.master_chain[0].config["release_ms"] == 100.0
    assert len(limited.params.layout) == 54
    assert plain.rendered.trim_db < -6.0
    assert limited.rendered.trim_db > -0.5
    assert float(limited.audio.abs().max()) <= 10 ** (-1 / 20) + 1e-6
    advice = "to keep true peaks below -1 dBTP; --master limiter avoids this"
    assert f"lowered by {-plain.rendered.trim_db:.1f} dB {advice}" in "\n".join(
        describe(plain, [], 1.0)
    )
    found = limited.rendered.reduction
    text = f"through limiter: reduced in {100 * found.share:.1f} % of the time"
    assert text in "\n".join(describe(limited, [], 1.0))
    assert found.largest_db > 3.0
    limited.save_params(tmp_path / "p.json")
    again = djtrans.render(tmp_path / "p.json", *loud, device="cpu")
    assert torch.equal(again.audio, limited.audio)


def test_the_result_is_a_document_of_json(made):
    document = json.loads(json.dumps(as_document(made, ["out.wav"])))
    assert (document["technique"], document["written"]) == ("djtrans/bass-swap", ["out.wav"])
    assert document["level"] == "match-a"
    start, stop = document["window_seconds"]
    assert start < document["swap_seconds"] < stop
    assert document["tracks"]["b"]["swap_bar"] == made.plan.b.swap_bar + 1
    assert document["gain_db"] == made.rendered.trim_db


def test_an_effect_that_does_not_exist_is_refused(tracks):
    with pytest.raises(djtrans.DjtransError, match="loudener"):
        djtrans.generate(*tracks, master="loudener", device="cpu")


def test_a_quiet_output_is_warned_of_with_its_cause(made):
    audio = torch.zeros(2, 1)
    side, record = track_plan(gain_db=0.0), made.provenance.render
    ease = GainEase(start=4.0, stop=8.0, gain_db=0.0, bars=2)
    lowered = track_plan(gain_db=-12.0, gain_ease=ease)
    plan = attrs.evolve(made.plan, a=side, b=lowered)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_level(Rendered(*[audio] * 5, Span(0, 1), -5.9), plan, record)
    text = r"files: A by 8\.0 dB, B by 8\.0 dB; 8\.0 dB of it keep true peaks below -1 dBTP"
    with pytest.warns(UserWarning, match=text):
        warn_of_level(Rendered(*[audio] * 5, Span(0, 1), -8.0), plan, record)
    kept = attrs.evolve(plan, b=track_plan(gain_db=-7.0))
    with pytest.warns(UserWarning, match=r"quieter than the files: B by 7\.0 dB\. --level peak"):
        warn_of_level(Rendered(*[audio] * 5, Span(0, 1), 0.0), kept, record)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["peak", -30, "-30"])
def test_the_output_has_the_requested_level(made, tracks, tmp_path, level):
    made.save_params(tmp_path / "p.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = djtrans.render(tmp_path / "p.json", *tracks, device="cpu", level=level)
    peak = true_peak_db(again.audio, RATE)
    lufs = pyloudnorm.Meter(RATE).integrated_loudness(again.audio.T.double().numpy())
    if level == "peak":
        assert peak == pytest.approx(-1.0, abs=0.01)
    else:
        assert lufs == pytest.approx(-30.0, abs=0.1)
    assert f"(level {level}): gain" in "\n".join(describe(again, [], 1.0))
    change = db_to_amplitude(again.rendered.trim_db - made.rendered.trim_db)
    torch.testing.assert_close(again.audio, made.audio * change, rtol=0, atol=1e-5)
    torch.testing.assert_close(again.rendered.solo_b, made.rendered.solo_b * change)
    again.save_params(tmp_path / "q.json")  # the level is recorded
    assert torch.equal(
        djtrans.render(tmp_path / "q.json", *tracks, device="cpu").audio, again.audio
    )


def test_a_loudness_that_the_peaks_do_not_allow_is_warned_of(made, tracks, tmp_path):
    made.save_params(tmp_path / "p.json")
    with pytest.warns(UserWarning, match=r"LUFS, not the requested -5: .*--master limiter"):
        loud = djtrans.render(tmp_path / "p.json", *tracks, device="cpu", level=-5)
    assert true_peak_db(loud.audio, RATE) == pytest.approx(-1.0, abs=0.01)


@pytest.mark.parametrize("level", ["loud", 3, -90, "nan"])
def test_a_level_that_does_not_exist_is_refused(level):
    with pytest.raises(djtrans.DjtransError, match=r"level = .* match-a, peak, or a loudness of"):
        djtrans.GenerateOptions(level=level)
