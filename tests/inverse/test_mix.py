"""The whole job of inverse mixing: files in, a params file out that renders the mix again."""

from __future__ import annotations

import json

import pytest
import torch

import djtrans
from djtrans.cli import main
from djtrans.core.audio.io import write_audio
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.track import Track, load_track
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import load_params
from djtrans.inverse.effective_gains import effective_gains
from djtrans.inverse.plan import check_same_length, plan_on_grid, read_plan
from djtrans.pipeline.curve_generation import generate_params
from djtrans.registry import default_registry
from djtrans.synthesis import TrackSpec, synthesize

RATE, BPM = 22050, 125.0


def _silence(seconds: float) -> Track:
    return Track(torch.zeros(2, round(seconds * RATE)), RATE, "silence.wav")


@pytest.fixture(scope="module")
def analyses() -> Pair[Analysis]:
    spec = TrackSpec(bpm=BPM, structure=[("drop", 8)], sample_rate_hz=RATE)
    track = synthesize(spec)
    found = djtrans.analyze_track(Track(track.audio, RATE, "a"), cached=False)
    return Pair(found, found)


def test_tracks_that_are_not_as_long_as_the_mix_are_refused():
    tracks = Pair(_silence(10.0), _silence(12.0))
    with pytest.raises(InputError, match=r"B 12\.00 s.*--plan"):
        check_same_length(_silence(10.04), tracks)
    check_same_length(_silence(10.04), Pair(tracks.a, tracks.a))


def test_the_plan_without_a_plan_is_whole_bars_that_the_window_holds(analyses):
    plan = plan_on_grid(_silence(10.0), analyses, bpm=120.0, bars=None)
    assert plan.bars == 5
    assert plan.beat_times[-1] == pytest.approx(10.0)
    assert plan.key_distance == 0
    assert plan_on_grid(_silence(10.0), analyses, bpm=120.0, bars=2).n_frames == 16


def test_the_tempo_is_found_in_a(analyses):
    plan = plan_on_grid(_silence(8 * 4 * 60 / BPM), analyses, bpm=None, bars=None)
    assert plan.a.bpm == pytest.approx(BPM, abs=0.02)
    assert plan.bars in (7, 8)


@pytest.mark.parametrize(
    ("bpm", "bars", "said"),
    [(1000.0, None, "20 to 400"), (120.0, 6, "1 to 5 whole bars"), (22.0, None, "no whole bar")],
)
def test_what_cannot_be_a_window_is_refused(analyses, bpm, bars, said):
    with pytest.raises(InputError, match=said):
        plan_on_grid(_silence(10.0), analyses, bpm=bpm, bars=bars)


def test_a_mix_is_as_long_as_its_plan(analyses):
    plan = plan_on_grid(_silence(10.0), analyses, bpm=120.0, bars=4)
    assert read_plan(plan, _silence(8.0)) == (plan, 0)
    with pytest.raises(InputError, match=r"lasts 9\.00 s.*8\.00 s"):
        read_plan(plan, _silence(9.0))


@pytest.mark.slow
def test_hidden_curves_of_eight_bars_are_recovered_by_the_command(tmp_path, capsys):
    mixer = djtrans.DifferentiableDJMixer()
    beats = torch.arange(33, dtype=torch.float64) * (60.0 / BPM)
    samples = round(float(beats[-1]) * RATE)
    stems = {
        side: synthesize(
            TrackSpec(
                bpm=BPM,
                tonic=tonic,
                seed=tonic,
                structure=[("drop", 8)],
                sample_rate_hz=RATE,
            )
        ).stems.window(0, samples)
        for side, tonic in (("a", 9), ("b", 4))
    }
    request = CurveRequest(layout=mixer.layout, n_frames=64, swap_beat=16, seed=3)
    technique = default_registry().techniques.build("bass-swap")
    hidden = generate_params(technique, request, beats)
    with torch.no_grad():
        mix = mixer(stems["a"], stems["b"], hidden).mix
    write_audio(tmp_path / "mix.wav", 0.7 * mix, RATE, "FLOAT")
    for side, track in stems.items():
        write_audio(tmp_path / f"{side}.wav", track.mix, RATE, "FLOAT")
        save_stems(track, tmp_path / side)
    out, again = tmp_path / "fitted.json", tmp_path / "again.wav"
    arguments = [f"{tmp_path / name}.wav" for name in ("mix", "a", "b")]
    options = ["-o", str(out), "--audio", str(again), "--bpm", str(BPM), "--json"]
    folders = ["--stems-a", str(tmp_path / "a"), "--stems-b", str(tmp_path / "b")]
    with pytest.raises(SystemExit) as ended:
        main(["fit", *arguments, *options, *folders])
    assert ended.value.code == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["error_db"]["all"] < -25.0
    assert printed["gain_db"] == pytest.approx({"a": -3.1, "b": -3.1}, abs=0.3)
    assert printed["swap_beat"] == 16
    content = load_params(out)
    assert content.provenance.fit is not None
    assert content.provenance.fit.steps == printed["steps"] <= 150
    found = effective_gains(mixer, content.params, stems["a"], stems["b"])
    assert found.error(effective_gains(mixer, hidden, stems["a"], stems["b"])) < 0.05
    assert load_track(again).audio.shape == mix.shape
