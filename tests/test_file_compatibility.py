"""Files written by djtrans 0.1, read by today's code: the values are the same.

``tests/data/files_0_1/README.md`` says how each file was written.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import djtrans
from djtrans.core.track.analysis_io import analysis_from_dict, analysis_to_dict
from djtrans.core.track.tracklist_files import load_tracklist, save_tracklist
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.datasets.mixes.alignment.excerpt import read_alignment
from djtrans.datasets.pairs.opening import open_prepared
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.training import small_set

FILES = Path(__file__).parent / "data" / "files_0_1"
TRACKS = FILES / "library" / "a.flac", FILES / "library" / "b.flac"
PARAMS = ("model.json", "rules.json", "fit.json", "pairs/pair_001/params.json")

#: Audio was written with 24 bits, which is 1e-7; the rest is for other CPUs.
AUDIO = {"rtol": 0.0, "atol": 1e-5}
#: On the CPU that wrote them the curves are equal; instruction sets differ by up to 3e-5 (AVX-512
#: and no AVX).
CURVES = {"rtol": 0.0, "atol": 1e-4}


@pytest.mark.parametrize("name", PARAMS)
def test_a_params_file_is_read_and_written_again(name, tmp_path):
    document = json.loads((FILES / name).read_text())
    content = load_params(FILES / name)
    assert torch.equal(content.params.values, torch.tensor(document["values"]))
    assert content.params.layout.digest == document["layout_digest"]
    assert list(content.plan.beat_times) == document["plan"]["beat_times"]
    assert content.plan.technique == document["plan"]["technique"]
    assert {side: track.sha256 for side, track in content.provenance.tracks.items()} == {
        side: track["sha256"] for side, track in document["tracks"].items()
    }
    save_params(tmp_path / "again.json", content)
    again = load_params(tmp_path / "again.json")
    assert torch.equal(again.params.values, content.params.values)
    assert (again.plan, again.provenance) == (content.plan, content.provenance)
    assert again.overview == content.overview


@pytest.mark.parametrize("name", ["model", "rules"])
def test_a_params_file_renders_the_audio_it_was_saved_with(name):
    rendered = djtrans.render(FILES / f"{name}.json", *TRACKS, device="cpu")
    audio, rate = djtrans.load_audio(FILES / f"{name}.flac")
    assert rendered.sample_rate == rate == 10000
    torch.testing.assert_close(rendered.audio, audio, **AUDIO)


def test_an_analysis_keeps_every_digit():
    (plain,) = json.loads((FILES / "analysis.json").read_text()).values()
    analysis = analysis_from_dict(plain)
    assert analysis.grid.bpm == plain["grid"]["bpm"] == pytest.approx(172.0, abs=0.1)
    # These are younger than the file.
    younger = {
        "cues": [],
        "corrections": [],
        "phrases": [{**phrase, "confidence": 1.0} for phrase in plain["phrases"]],
        "bar_loudness_db": plain["bar_level_db"],
        "bar_chroma": [[0.0] * 12 for _ in plain["bar_level_db"]],
    }
    assert analysis_to_dict(analysis) == {**plain, **younger}


def test_a_prepared_pair_is_what_the_mixer_makes_of_its_stems():
    manifest = json.loads((FILES / "pairs" / "manifest.json").read_text())
    (listed,) = manifest["pairs"]
    folder = FILES / "pairs" / listed["folder"]
    for name, digest in listed["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    pair = read_pair(folder)
    assert pair.technique == listed["technique"] == "djtrans/cut"
    spec = pair.content.provenance.mixer.spec
    assert djtrans.mixer_layout(spec).digest == pair.content.params.layout.digest
    mixed = djtrans.DifferentiableDJMixer(spec)(pair.stems_a, pair.stems_b, pair.content.params)
    torch.testing.assert_close(mixed.mix, pair.mix, **AUDIO)


def test_the_features_of_a_prepared_pair_are_those_that_were_extracted_then(tmp_path):
    shutil.copytree(FILES / "pairs", tmp_path / "pairs")
    # Read as they are: nothing is extracted again where nothing has changed.
    open_prepared(tmp_path / "pairs", lambda *_: pytest.fail("extracted again"))
    (tmp_path / "pairs" / "features.safetensors").unlink()
    open_prepared(tmp_path / "pairs")
    now = load_file(tmp_path / "pairs" / "features.safetensors")
    then = load_file(FILES / "pairs" / "features.safetensors")
    torch.testing.assert_close(now, then, rtol=1e-3, atol=1e-3)


def test_a_composed_set_holds_the_same_transitions():
    old, new = SyntheticDataset.load(FILES / "set.safetensors"), small_set()
    assert list(old.training) == new.training
    assert list(old.validation) == new.validation
    for read, made in zip(old.tracks, new.tracks, strict=True):
        assert torch.equal(read.level_db, made.level_db.half().to(read.level_db.dtype))
        assert torch.equal(read.vocal, made.vocal.half().to(read.vocal.dtype))
        assert read.reference_db == made.reference_db


def test_a_run_goes_on_from_an_old_checkpoint(tmp_path):
    record = model_record(configs={"dit": {"width": 8, "depth": 1, "heads": 1}})
    options = TrainOptions(
        steps=4, batch_size=2, save_every=2, validate_every=2, validation_batches=1
    )
    checkpoint = FILES / "run" / "checkpoint_2.pt"
    data = SyntheticDataset.load(FILES / "set.safetensors")
    with pytest.warns(UserWarning, match="does not record the digest of its training data"):
        train_model(data, tmp_path, record, options, device="cpu", resume=checkpoint)
    now = {row["step"]: row for row in rows(tmp_path / "metrics.csv")}
    for row in rows(FILES / "run" / "metrics.csv")[2:]:
        for name in ("loss", "prediction", "smoothness", "grad_norm", "lr", "validation_loss"):
            if row[name]:
                assert float(now[row["step"]][name]) == pytest.approx(float(row[name]), rel=1e-4)


def rows(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("file", "name", "technique"),
    [
        ("run/checkpoint_2.pt", "small", "djtrans/fade"),
        ("model.safetensors", "small", "djtrans/fade"),
        ("bundled.safetensors", "bundled", "djtrans/bass-swap"),
        ("bundled.safetensors", "bundled_any", ""),
    ],
)
def test_a_model_predicts_the_same_curves(file, name, technique, monkeypatch):
    # Stems are tied since 0.2.
    monkeypatch.setattr("djtrans.diffusion.model.tie_stems", lambda values, layout: values)
    model = djtrans.load_model(FILES / file, device="cpu")
    request = djtrans.CurveRequest(djtrans.mixer_layout(), 32, 8, technique=technique, seed=7)
    expected = load_file(FILES / "curves.safetensors")[name]
    torch.testing.assert_close(model.generate(request), expected, **CURVES)


def test_an_excerpt_of_a_mix_has_the_same_alignment_and_audio():
    alignment = read_alignment(FILES / "excerpt")
    assert (alignment.mix, alignment.mix_file) == ("Some Mix", "mix.mp3")
    assert (alignment.start_seconds, alignment.seconds) == (61.5, 0.1)
    a, b = alignment.track_a, alignment.track_b
    assert (a.rate, a.at_zero, a.semitones, a.spread_ms) == (1.02, 130.25, 0.0, 3.5)
    assert not b.aligned
    document = json.loads((FILES / "excerpt" / "alignment.json").read_text())
    assert document["track_a"]["heard"] == [0.0, 0.06]
    generator = torch.Generator().manual_seed(1)
    for name in ("mix", "track_a"):
        audio, rate = djtrans.load_audio(FILES / "excerpt" / f"{name}.wav")
        assert rate == alignment.sample_rate == 10000
        torch.testing.assert_close(audio, 0.1 * torch.randn(1, 800, generator=generator), **AUDIO)


def test_a_tracklist_is_read_and_written_again(tmp_path):
    (old,) = (FILES / "tracklists").iterdir()
    tracklist = load_tracklist(old)
    assert [entry.start_seconds for entry in tracklist.entries] == [0.0, 210.0, 435.0]
    assert str(tracklist.entries[0]) == "One - First (Original Mix)"
    again = save_tracklist(tracklist, tmp_path)
    assert again.name == old.name
    assert load_tracklist(again) == tracklist
