"""An encoder that is a module is a part of the network: trained, averaged, moved, saved, loaded."""

from __future__ import annotations

import attrs
import pytest
import torch
from torch import nn

import djtrans
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import PluginError, ShapeError
from djtrans.datasets.synthetic.composition import request_of
from djtrans.diffusion.building import build_network
from djtrans.diffusion.checkpoint import read_checkpoint
from djtrans.diffusion.conditioning import concatenate, split
from djtrans.diffusion.loading import export_model, get_inference_config, load_model
from djtrans.diffusion.model import encode
from djtrans.registry import Registry
from djtrans.training.options import TrainOptions
from djtrans.training.records import model_record
from djtrans.training.run import train_model
from tests.helpers.trainable_encoder import LEVELS, STEMS, Levels, Plugin
from tests.helpers.training import small_set

KEY = "encoders.1.per_frame.weight"
OPTIONS = TrainOptions(
    steps=3, batch_size=2, lr=1e-2, warmup_steps=0, save_every=1, validate_every=3, ema_decay=0.5
)


@pytest.fixture(scope="module")
def registry():
    found = Registry(discover=False)
    found.register(Plugin(), "lab")
    return found


@pytest.fixture(scope="module")
def record(registry):
    return model_record(
        encoders=("technique", "lab/levels"),
        configs={"dit": {"width": 8, "depth": 1, "heads": 1}, "lab/levels": {"width": 5}},
        registry=registry,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory, registry, record):
    folder = tmp_path_factory.mktemp("trained")
    train_model(small_set(), folder, record, OPTIONS, device="cpu", registry=registry)
    return folder


@pytest.fixture
def request_with_features():
    data = small_set()
    return request_of(data.training[0], data.tracks, djtrans.mixer_layout("dj54"), seed=3)


def test_its_weights_are_trained_and_averaged(trained, registry, record):
    torch.manual_seed(OPTIONS.seed)
    network, _ = build_network(record, registry=registry)
    mean = network.state_dict()[KEY].clone()
    assert mean.shape == (5, 6 * STEMS)
    before = mean
    for step in range(3):
        saved = read_checkpoint(trained / f"checkpoint_{step + 1}.pt")
        now = saved["network"][KEY]
        assert not torch.equal(now, before)
        decay = min(OPTIONS.ema_decay, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * now
        assert torch.allclose(saved["ema"][KEY], mean, atol=1e-6)
        before = now


def test_a_resumed_run_ends_with_the_same_weights(trained, tmp_path, registry, record):
    resume = trained / "checkpoint_1.pt"
    train_model(small_set(), tmp_path, record, OPTIONS, resume=resume, registry=registry)
    whole, again = (
        read_checkpoint(folder / "checkpoint_3.pt")["network"] for folder in (trained, tmp_path)
    )
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_it_survives_saving_and_exporting(trained, tmp_path, registry, request_with_features):
    model = load_model(trained / "best_model.pt", "cpu", registry=registry)
    ema = read_checkpoint(trained / "best_model.pt")["ema"]
    assert torch.equal(model.network.state_dict()[KEY], ema[KEY])
    assert torch.equal(model.encoders[1].per_frame.weight, ema[KEY])
    export_model(trained / "best_model.pt", tmp_path / "model.safetensors")
    exported = load_model(tmp_path, "cpu", registry=registry)
    request = request_with_features
    assert torch.equal(exported.generate(request), model.generate(request))


def test_it_follows_the_network_to_a_device_and_out_of_training(registry, record):
    network, encoders = build_network(record, registry=registry)
    network.to("meta").eval().requires_grad_(False)
    assert {p.device.type for p in encoders[1].parameters()} == {"meta"}
    assert not encoders[1].training
    assert not any(p.requires_grad for p in encoders[1].parameters())


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_guided_sampling_uses_it_once(trained, registry, scale, request_with_features):
    inference = get_inference_config(steps=3, guidance_scale=scale, guidance_interval=(0.0, 1.0))
    model = load_model(trained / "best_model.pt", "cpu", inference=inference, registry=registry)
    # What three steps have taught the denoiser of its conditioning is little.
    for parameter in model.network.denoiser.parameters():
        nn.init.normal_(parameter, std=0.2)
    batches = []
    model.encoders[1].register_forward_hook(lambda _, given, __: batches.append(given[0]))
    first = model.generate(request_with_features)
    assert [len(inputs.per_frame) for inputs in batches] == [1]
    nn.init.constant_(model.encoders[1].per_frame.bias, 5.0)
    assert not torch.equal(model.generate(request_with_features), first)


def test_a_transition_it_has_no_inputs_of_gets_the_null(registry, record):
    torch.manual_seed(0)
    network, encoders = build_network(record, registry=registry)
    bare = CurveRequest(djtrans.mixer_layout("dj54"), n_frames=16, swap_beat=4)
    inputs, missing = encode(encoders, network, bare)
    assert missing.tolist() == [[False, True]]
    curves = torch.randn(1, 16, 54)
    outs = []
    for value in (0.0, 9.0):
        nn.init.constant_(encoders[1].whole.bias, value)
        outs.append(network(curves, torch.tensor([0.5]), network.encode(inputs), missing))
    assert torch.equal(*outs)


def test_the_conditioning_is_that_of_the_module(registry, record, request_with_features):
    network, encoders = build_network(record, registry=registry)
    inputs, _ = encode(encoders, network, request_with_features)
    technique, levels = (encoder.encode(request_with_features) for encoder in encoders)
    encoded = network.encode(inputs)
    expected = encoders[1](levels)
    assert torch.equal(encoded.per_frame[..., :3], technique.per_frame)
    torch.testing.assert_close(encoded.per_frame[..., 3:], expected.per_frame)
    torch.testing.assert_close(encoded.global_[:, -2:], expected.global_)
    with pytest.raises(ShapeError, match=r"has 8 channels per frame .* give 27 and 38"):
        network.encode(encoded)


def test_split_is_the_inverse_of_join():
    parts = [Conditioning(torch.randn(2, 5, c), torch.randn(2, g)) for c, g in ((3, 1), (0, 2))]
    for part, again in zip(parts, split(concatenate(parts), [(3, 1), (0, 2)]), strict=True):
        assert torch.equal(part.per_frame, again.per_frame)
        assert torch.equal(part.global_, again.global_)


def test_a_network_of_fixed_encoders_has_no_new_keys():
    network = load_model(device="cpu").network
    assert not [name for name in network.state_dict() if name.startswith("encoders")]


def test_a_module_that_cannot_be_trained_is_refused(registry, record):
    class WithoutForward(Levels):
        forward = nn.Module.forward

    class WithoutWidths(nn.Module):
        def widths(self, stems):
            return 5, 2

        def forward(self, inputs):
            return inputs

        def encode(self, request):
            return None

    for factory in (WithoutForward, lambda config: WithoutWidths()):
        changed = attrs.evolve(LEVELS, factory=factory)
        with (
            registry.override("encoder", "lab/levels", changed),
            pytest.raises(PluginError, match=r"lab/levels is a torch.nn.Module.*forward\(inputs\)"),
        ):
            build_network(record, registry=registry)
