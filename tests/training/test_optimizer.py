"""Weight decay, and the state of the optimizer in checkpoints of earlier versions."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.training.optimizer import build_optimizer, load_optimizer
from djtrans.training.options import TrainOptions
from djtrans.training.trainer import train
from tests.helpers.training import Ramps, small_network, small_record

OPTIONS = TrainOptions(
    steps=6, batch_size=2, lr=1e-3, save_every=3, validate_every=3, validation_batches=1
)


def test_only_matrices_decay():
    network = small_network()
    optimizer = build_optimizer(network, TrainOptions(lr=0.1, weight_decay=0.5))
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, parameter in network.named_parameters():
        factor = 1.0 - 0.1 * 0.5 if parameter.ndim > 1 else 1.0
        torch.testing.assert_close(parameter.detach(), factor * before[name])
    assert {"frame_null", "global_null", "denoiser.enter.bias"} <= set(before)


def as_an_earlier_version(network, content):
    """Rewrite a checkpoint with the one group that the optimizer had."""
    parameters = list(network.parameters())
    order = [*(p for p in parameters if p.ndim > 1), *(p for p in parameters if p.ndim <= 1)]
    number = {id(p): i for i, p in enumerate(parameters)}
    old = [number[id(p)] for p in order]
    state = content["optimizer"]
    first = {k: v for k, v in state["param_groups"][0].items() if k != "params"}
    state["param_groups"] = [{**first, "params": list(range(len(parameters)))}]
    state["state"] = {old[i]: each for i, each in state["state"].items()}
    return content


def test_a_checkpoint_of_an_earlier_version_goes_on_with_its_moments(tmp_path):
    options = attrs.evolve(OPTIONS, weight_decay=0.0)  # then both versions do the same
    train(small_network(), small_record(), Ramps(), tmp_path / "a", options)
    file = tmp_path / "a" / "checkpoint_3.pt"
    content = as_an_earlier_version(small_network(), torch.load(file, weights_only=True))
    torch.save(content, tmp_path / "a" / "old.pt")
    with pytest.warns(UserWarning, match="applied weight decay to biases"):
        train(
            small_network(), small_record(), Ramps(), tmp_path / "b", options,
            resume=tmp_path / "a" / "old.pt",
        )  # fmt: skip
    whole, again = (
        torch.load(tmp_path / part / "checkpoint_6.pt", weights_only=True) for part in "ab"
    )
    assert all(torch.equal(again["network"][name], x) for name, x in whole["network"].items())


def test_other_parameters_are_refused():
    network = small_network()
    state = build_optimizer(torch.nn.Linear(3, 2), OPTIONS).state_dict()
    with pytest.raises(ValueError, match="other parameters"):
        load_optimizer(build_optimizer(network, OPTIONS), network, state)
