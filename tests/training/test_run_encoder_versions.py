"""Models of each version of the encoder ``audio``: kept as they were, trained, saved, used."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
import torch
from safetensors.torch import load_file

import djtrans
from djtrans.core.errors import InputError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.diffusion import export_model, read_model
from djtrans.testing import check_encoder
from djtrans.testing.example_track import example_analysis
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record, with_encoders_of
from djtrans.training.run import train_model
from tests.helpers.fixed_request import FRAMES, fixed_request
from tests.helpers.training import small_set

#: Written with version 2 before there was another one.
DATA = Path(__file__).parent.parent / "data"
BEFORE = DATA / "audio_encoder_2" / "bundled.safetensors"
MODEL = DATA / "files_0_1" / "bundled.safetensors"
SMALL = {"dit": {"width": 8, "depth": 1, "heads": 1}}
OPTIONS = TrainOptions(
    steps=4, batch_size=2, save_every=2, validate_every=2, validation_batches=1, lr=1e-2
)


def test_the_bundled_model_of_0_1_generates_what_it_did_before(monkeypatch):
    # Stems are tied since 0.2.
    monkeypatch.setattr("djtrans.diffusion.model.tie_stems", lambda values, layout: values)
    before = load_file(BEFORE)
    model = djtrans.load_model(MODEL, device="cpu")
    assert model.extractors == ()
    encoded = model.encoders[0].encode(fixed_request())
    torch.testing.assert_close(encoded.per_frame[0], before["per_frame"], rtol=0, atol=1e-6)
    torch.testing.assert_close(encoded.global_[0], before["global"], rtol=0, atol=1e-6)
    # Instruction sets differ by up to 3e-5.
    torch.testing.assert_close(model.generate(fixed_request()), before["curves"], rtol=0, atol=1e-4)


def test_every_version_keeps_the_rules_of_encoders():
    encoders = djtrans.default_registry().encoders
    for name in ("audio@2", "audio@3"):
        check_encoder(encoders.find(name).declaration)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train_model(small_set(), folder, model_record(configs=SMALL), OPTIONS, device="cpu")
    return folder


def test_a_new_model_is_trained_saved_and_generates_from_stems(trained, tmp_path):
    export_model(trained / "checkpoint_4.pt", tmp_path / "model.safetensors")
    record, _ = read_model(tmp_path / "model.safetensors")
    first = record.encoders[0]
    assert (first.component.name, first.component.version) == ("djtrans/audio", 3)
    assert (first.per_frame, first.extractor) == (58 + 2 * (4 + 12), ("audio", 1))
    model = djtrans.load_model(tmp_path / "model.safetensors", device="cpu")
    generator = torch.Generator().manual_seed(1)
    stems = Stems(0.1 * torch.randn(4, 2, 9 * 22050, generator=generator), STEMS, 22050)
    features = djtrans.build_track_features(stems, example_analysis(4), n_frames=32)
    assert {name: tuple(x.shape) for name, x in features.extra.items()} == {
        "audio/lows_db": (32, 4, 2),
        "audio/chroma": (32, 12),
    }
    mixer = djtrans.DifferentiableDJMixer()
    bare = djtrans.build_track_features(stems, example_analysis(4), n_frames=32, extractors=())
    assert bare.extra == {}
    with pytest.raises(InputError, match="pass the model's extractors where the features are"):
        djtrans.generate_transition(model, mixer, stems, stems, bare, bare)
    _, params = djtrans.generate_transition(model, mixer, stems, stems, features, features)
    assert params.values.shape == (32, 54)


def test_a_new_model_uses_lows_and_chroma(trained):
    model = djtrans.load_model(trained / "checkpoint_4.pt", device="cpu")
    plain = {"audio/lows_db": torch.zeros(FRAMES, 4, 2), "audio/chroma": torch.zeros(FRAMES, 12)}

    def curves(**changes):
        changed = plain | {f"audio/{name}": array for name, array in changes.items()}
        return model.generate(fixed_request(changed, plain))

    kept = curves()
    assert torch.equal(curves(), kept)
    assert not torch.equal(curves(chroma=torch.ones(FRAMES, 12)), kept)
    assert not torch.equal(curves(lows_db=torch.full((FRAMES, 4, 2), -20.0)), kept)


def test_a_run_of_an_earlier_version_is_resumed_in_it(tmp_path):
    old = model_record(encoders=("audio@2", "technique"), configs=SMALL)
    data = attrs.evolve(small_set(), extractors={})  # version 2 needs no arrays
    train_model(data, tmp_path / "whole", old, OPTIONS, device="cpu")
    half = tmp_path / "whole" / "checkpoint_2.pt"
    default = model_record(configs=SMALL)
    assert with_encoders_of(default, half).encoders == old.encoders
    train_model(data, tmp_path / "again", default, OPTIONS, device="cpu", resume=half)
    whole, again = (read_model(tmp_path / name / "checkpoint_4.pt") for name in ("whole", "again"))
    assert again[0].encoders == whole[0].encoders == old.encoders
    assert all(torch.equal(again[1][name], x) for name, x in whole[1].items())


def test_other_differences_of_a_resumed_record_stay(trained):
    record = model_record(
        encoders=("none", "technique"),
        configs={**SMALL, "technique": {"techniques": ["djtrans/cut"]}},
    )
    assert with_encoders_of(record, trained / "checkpoint_2.pt") == record


def test_data_of_an_earlier_version_are_refused_with_the_remedy(tmp_path):
    data = attrs.evolve(small_set(), extractors={})
    with pytest.raises(
        InputError,
        match=r"djtrans/audio needs features of its extractor 'audio', version 1, but the "
        r"synthetic dataset has none at all; compose it again",
    ):
        train_model(data, tmp_path, model_record(configs=SMALL), OPTIONS, device="cpu")
