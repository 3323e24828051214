"""Exported networks compute what the network of the model computes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import InputError
from djtrans.core.util.program_files import DESCRIPTION
from djtrans.diffusion.loading import load_model
from djtrans.diffusion.network_export import INPUTS, example_inputs, export_network
from tests.helpers.models import save_random_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(save_random_model(tmp_path_factory.mktemp("model")), "cpu")


def expected(model, inputs):
    z, noise_fraction, per_frame, whole, missing = inputs
    with torch.no_grad():
        return model.network.clean(z, noise_fraction, Conditioning(per_frame, whole), missing)


def cases(model):
    """Other numbers of frames than the traced one, and missing conditioning."""
    for frames, seed in ((64, 1), (32, 2), (200, 3)):
        inputs = example_inputs(model, 2, frames, seed)
        yield inputs
        yield (*inputs[:4], torch.tensor([[True, False], [False, True]]))


@pytest.mark.slow
def test_a_program_of_torch_export_gives_the_same_for_any_length(model, tmp_path):
    export_network(model, tmp_path / "network.pt2", batch=2)
    facts = {DESCRIPTION: ""}
    program = torch.export.load(tmp_path / "network.pt2", extra_files=facts).module()
    for inputs in cases(model):
        torch.testing.assert_close(program(*inputs), expected(model, inputs), rtol=0, atol=1e-5)
    described = json.loads(facts[DESCRIPTION])
    assert described["layout_digest"] == model.layout.digest
    assert described["scheduler"]["levels"][0] == [0.0, 1.0]
    assert len(described["scheduler"]["levels"]) == model.steps + 1


@pytest.mark.slow
def test_an_onnx_file_gives_the_same_for_any_length(model, tmp_path):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    export_network(model, tmp_path / "network.onnx", batch=2)
    session = runtime.InferenceSession(
        tmp_path / "network.onnx", providers=["CPUExecutionProvider"]
    )
    assert [entry.name for entry in session.get_inputs()] == list(INPUTS)
    for inputs in cases(model):
        feed = {name: x.numpy() for name, x in zip(INPUTS, inputs, strict=True)}
        (found,) = session.run(None, feed)
        np.testing.assert_allclose(found, expected(model, inputs).numpy(), rtol=0, atol=1e-5)
    facts = json.loads(session.get_modelmeta().custom_metadata_map[DESCRIPTION])
    assert [row["key"] for row in facts["layout"]] == list(model.layout.keys)


def test_other_suffixes_are_refused(model, tmp_path):
    for name, batch in (("network.bin", 1), ("network.pt2", 0)):
        with pytest.raises(InputError, match=r"give a name ending in \.onnx or \.pt2 and a batch"):
            export_network(model, tmp_path / name, batch=batch)
    assert not list(tmp_path.iterdir())
