"""Extracted transitions made into pairs: what is in them, what is left out, and nothing twice."""

from __future__ import annotations

import json
import math
import shutil

import attrs
import pytest
import torch

from djtrans import load_model
from djtrans.cli import main
from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.errors import InputError
from djtrans.core.util.checksums import folder_hashes
from djtrans.datasets.mixes.alignment.excerpt import Alignment, SourceRecord, write_excerpt
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.datasets.preparation import RecoveryOptions, prepare_transitions
from djtrans.inverse.loss import SpectralLoss
from djtrans.pipeline.provenance import rebuild_mixer
from djtrans.plugins.encoders.technique import TechniqueEncoder
from djtrans.registry import default_registry
from djtrans.synthesis import TrackSpec, synthesize

RATE, BPM = 22050, 168.0
BAR = 4 * 60.0 / BPM
OPTIONS = RecoveryOptions(separator="spectral", steps=2)


def source(title: str, heard: tuple[float, float], rate: float) -> SourceRecord:
    return SourceRecord(
        artist="Ada",
        title=title,
        file=f"Ada - {title}.wav",
        aligned=True,
        rate=rate,
        at_zero=0.0,
        semitones=0.0,
        confidence=0.9,
        spread_ms=1.0,
        heard=heard,
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One whole excerpt, one without B, one whose tracks play at two tempos."""
    root = tmp_path_factory.mktemp("transitions")

    def played(seed: int, bpm: float) -> torch.Tensor:
        spec = TrackSpec(
            bpm=bpm, seed=seed, tonic=3 * seed, structure=[("drop", 12)], sample_rate_hz=RATE
        )
        return synthesize(spec).audio[:, : round(12 * BAR * RATE)]

    a, b, other = played(1, BPM), played(2, BPM), played(3, 174.0)[:, : round(11 * BAR * RATE)]
    seconds = torch.arange(a.shape[-1]) / RATE
    share = ((seconds - 4 * BAR) / (4 * BAR)).clamp(0.0, 1.0)
    mix = 0.7 * (a * (1.0 - share) + b * share)
    whole = Alignment(
        mix="home",
        mix_file="home.wav",
        start_seconds=100.0,
        seconds=12 * BAR,
        sample_rate=RATE,
        boundary_seconds=4 * BAR,
        track_a=source("One", (0.0, 7.9 * BAR), 1.0),
        track_b=source("Two", (4.1 * BAR, 12 * BAR), 1.025),
    )
    lost = attrs.evolve(
        whole, track_b=SourceRecord(artist="Ada", title="Two", why="no file is named like it")
    )
    write_excerpt(root / "home" / "transition_001", whole, mix, a, b)
    write_excerpt(root / "home" / "transition_002", lost, mix, a, None)
    n = other.shape[-1]
    write_excerpt(
        root / "home" / "transition_003",
        attrs.evolve(whole, seconds=11 * BAR),
        mix[:, :n],
        a[:, :n],
        other,
    )
    return root


@pytest.fixture(scope="module")
def made(world, tmp_path_factory):
    return prepare_transitions(world, tmp_path_factory.mktemp("set") / "processed", OPTIONS)


@pytest.fixture(scope="module")
def pair(made):
    return read_pair(made.folder / "pair_001")


def test_a_pair_holds_the_real_mix_and_curves_that_explain_it(world, made, pair):
    assert made.pairs == ("pair_001",)
    mix, rate = load_audio(world / "home" / "transition_001" / "mix.wav")
    begin = round(pair.plan.a.cue_seconds * rate)
    real = mix[:, begin : begin + pair.mix.shape[-1]] * 10.0 ** (pair.gain_db / 20.0)
    missing = pair.mix.shape[-1] - real.shape[-1]
    assert missing <= 0.02 * rate  # a bar line on the end of the excerpt
    real = torch.nn.functional.pad(real, (0, missing))
    assert torch.allclose(pair.mix, real, atol=2e-7)
    assert pair.plan.bars in (8, 12)
    mixer = rebuild_mixer(pair.content.provenance.mixer, pair.params, default_registry())
    with torch.no_grad():
        again = mixer(pair.stems_a, pair.stems_b, pair.params).mix
    error = 20.0 * math.log10(float(SpectralLoss(real, rate)(again)))
    used = pair.content.provenance.fit
    assert used is not None
    assert error == pytest.approx(used.error_db["spectra"], abs=0.05)
    assert error < -10.0


def test_no_technique_is_wished_for_and_the_stretch_of_the_extraction_is_known(pair):
    request = pair.request()
    assert request.technique == ""
    assert (request.place_a, request.place_b) == ("", "")
    assert request.features_a.stretch == pytest.approx(0.0, abs=1e-9)
    assert request.features_b.stretch == pytest.approx(0.025)
    encoder: TechniqueEncoder = default_registry().encoders.build("technique")
    whole = encoder.encode(request).global_[0]
    assert whole[0] == 1.0  # any technique
    assert whole.sum() == 1.0


def test_what_cannot_be_used_is_listed_with_the_reason(made):
    assert [(s.name, s.reason) for s in made.skipped] == [
        ("home/transition_002", "B: no file is named like it")
    ]
    assert list(made.failed) == ["home/transition_003"]
    assert "needs beat-matched tracks" in made.failed["home/transition_003"]


def test_the_manifest_says_what_was_made_and_no_place(made, world):
    text = made.manifest.read_text()
    document = json.loads(text)
    assert str(world) not in text
    assert str(made.folder) not in text
    (of,) = document["pairs"]
    assert (of["folder"], of["transition"]) == ("pair_001", "home/transition_001")
    assert (of["a"], of["b"]) == ("Ada - One.wav", "Ada - Two.wav")
    assert set(of["error_db"]) == {"all", "low", "mid", "high", "spectra", "levels"}
    assert "transition.wav" in of["files"]
    assert [one["folder"] for one in document["failed"]] == ["pair_002"]
    assert [one["name"] for one in document["skipped"]] == ["home/transition_002"]


def test_nothing_is_fitted_twice(world, made, monkeypatch):
    """Neither what is there nor what was refused."""
    before = made.manifest.read_bytes()

    def never(*_arguments, **_options):
        raise AssertionError("fitted again")

    monkeypatch.setattr("djtrans.datasets.preparation.pair_from_mix.fit", never)
    monkeypatch.setattr("djtrans.datasets.preparation.pair_from_mix.analyze_track", never)
    again = prepare_transitions(world, made.folder, OPTIONS)
    assert again.manifest.read_bytes() == before
    assert again.failed == made.failed


def test_other_options_want_another_folder(world, made):
    with pytest.raises(InputError, match="other options"):
        prepare_transitions(world, made.folder, attrs.evolve(OPTIONS, error_limit=-20.0))


@pytest.mark.slow
def test_curves_that_leave_too_much_are_not_trained_on(world, tmp_path):
    options = attrs.evolve(OPTIONS, error_limit=-50.0, steps=0, most=1)
    made = prepare_transitions(world, tmp_path / "out", options)
    assert made.pairs == ()
    assert "the limit is -50 dB" in made.failed["home/transition_001"]
    assert not (made.folder / "pair_001").exists()


# Both pairs are of the same two tracks.
@pytest.mark.filterwarnings("ignore:2 of 2 recordings:UserWarning")
@pytest.mark.slow
def test_two_processes_give_the_same_bytes_and_a_model_learns_from_them(world, made, tmp_path):
    shutil.copytree(world, tmp_path / "in")
    shutil.copytree(tmp_path / "in" / "home", tmp_path / "in" / "to")
    out = prepare_transitions(tmp_path / "in", tmp_path / "out", OPTIONS, workers=2)
    assert out.pairs == ("pair_001", "pair_003")
    for name in out.pairs:
        assert folder_hashes(out.folder / name) == folder_hashes(made.folder / "pair_001")
    command = [
        "train",
        "--data",
        str(out.folder),
        "--output",
        str(tmp_path / "run"),
        "--steps",
        "2",
    ]
    with pytest.raises(SystemExit) as ended:
        main([*command, "--batch-size", "1", "--device", "cpu", "--quiet"])
    assert ended.value.code == 0
    assert load_model(tmp_path / "run" / "best_model.pt", device="cpu").card["data"]["pairs"] == 2


def test_a_folder_without_excerpts_is_refused(tmp_path):
    write_audio(tmp_path / "mix.wav", torch.zeros(2, RATE), RATE)
    with pytest.raises(InputError, match="djtrans extract"):
        prepare_transitions(tmp_path, tmp_path / "out", OPTIONS)
