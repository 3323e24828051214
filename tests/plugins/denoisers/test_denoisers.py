"""What both architectures promise."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.denoiser import DenoiserShape
from djtrans.core.errors import ConfigError
from djtrans.registry import default_registry

NAMES = ("dit", "unet1d")


@pytest.mark.parametrize("name", NAMES)
def test_the_default_has_at_most_two_and_a_half_million_parameters(name):
    network = default_registry().denoisers.build(name).build(DenoiserShape(54, 128, 64))
    assert 1e6 < sum(p.numel() for p in network.parameters()) <= 2.5e6


@pytest.mark.parametrize("frames", [1, 32, 100, 129, 512, 640])
@pytest.mark.parametrize("name", NAMES)
def test_any_length_will_do(name, frames, small, question):
    x, noise_fraction, conditioning = question(frames)
    out = small(name)(x, noise_fraction, conditioning)
    assert out.shape == x.shape
    assert bool(torch.isfinite(out).all())


@pytest.mark.parametrize("name", NAMES)
def test_every_input_has_a_say_on_frames_far_away(name, small, question):
    """The first frame is heard 20 frames later, noise level and global conditioning everywhere."""
    network = small(name)
    x, noise_fraction, conditioning = question(64)
    parts = [x, noise_fraction, conditioning.per_frame, conditioning.global_]
    for part in parts:
        part.requires_grad_()
    network(x, noise_fraction, conditioning)[:, 20].square().sum().backward()
    assert all(float(part.grad.abs().sum()) > 0 for part in parts)
    for part in (x, conditioning.per_frame):
        assert float(part.grad[:, 0].abs().sum()) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_network_says_zero(name, question):
    """Zero velocity, noise or curves: training starts from the mean, not from chance."""
    config = {"dit": {"width": 16, "heads": 2}, "unet1d": {"channels": (8, 8)}}[name]
    network = default_registry().denoisers.build(name, config).build(DenoiserShape(6, 4, 3))
    assert not network(*question(16)).any()


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_learns(name, small, question):
    network = small(name)
    network(*question(32)).square().mean().backward()
    unused = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unused


@pytest.mark.parametrize("name", NAMES)
def test_a_mask_of_all_frames_changes_nothing(name, small, question):
    network = small(name)
    x, noise_fraction, conditioning = question(37)
    masked = attrs.evolve(conditioning, mask=torch.ones(2, 37, dtype=torch.bool))
    torch.testing.assert_close(
        network(x, noise_fraction, conditioning), network(x, noise_fraction, masked)
    )


@pytest.mark.parametrize("prediction", ["velocity", "noise", "clean"])
@pytest.mark.parametrize("name", NAMES)
def test_the_declaration_says_what_the_config_predicts(name, prediction):
    declaration = default_registry().denoisers.find(name).declaration
    assert declaration.prediction_of(declaration.config(prediction=prediction)) == prediction


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("dit", {"width": 100, "heads": 3}, "give a multiple of 6"),
        ("dit", {"depth": 0}, "DitConfig.depth"),
        ("unet1d", {"channels": ()}, "at least one resolution"),
        ("unet1d", {"prediction": "score"}, "'velocity', 'noise', 'clean'"),
    ],
)
def test_a_size_that_cannot_be_built_is_refused(name, config, message):
    with pytest.raises(ConfigError, match=message):
        default_registry().denoisers.build(name, config)
