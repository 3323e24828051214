"""Optimizer of a run: AdamW, with weight decay for weight matrices only."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from djtrans.training.options import TrainOptions


def build_optimizer(network: nn.Module, options: TrainOptions) -> AdamW:
    """Build the optimizer of a network.

    Weight decay applies to parameters of two or more dimensions. Biases, norms and null embeddings
    are vectors: decay would pull them towards zero without regularizing the network.

    Parameters
    ----------
    network : nn.Module
        Network in training, on its device.
    options : TrainOptions
        Learning rate and weight decay.

    Examples
    --------
    >>> import torch
    >>> from djtrans.training import TrainOptions
    >>> from djtrans.training.optimizer import build_optimizer
    >>> optimizer = build_optimizer(torch.nn.Linear(3, 2), TrainOptions(weight_decay=0.1))
    >>> [(group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
    [(0.1, 1), (0.0, 1)]
    """
    parameters = list(network.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    on_cuda = any(parameter.is_cuda for parameter in parameters)
    # One kernel for all parameters instead of several for each.
    return torch.optim.AdamW(groups, lr=options.lr, fused=on_cuda or None)


def load_optimizer(optimizer: Optimizer, network: nn.Module, state: Mapping[str, Any]) -> None:
    """Restore the state of an optimizer, also of earlier versions that had one group.

    Parameters
    ----------
    optimizer : Optimizer
        Result of :func:`build_optimizer`.
    network : nn.Module
        The network of the optimizer.
    state : mapping
        Result of the optimizer's `state_dict`.

    Raises
    ------
    ValueError
        If the state has other groups.
    """
    saved, groups = state["param_groups"], optimizer.state_dict()["param_groups"]
    if len(saved) == 1 and len(groups) == 2:
        warnings.warn(
            "The run was started by an earlier version, which applied weight decay to biases and "
            "null embeddings too. It is continued without: its further losses differ slightly.",
            stacklevel=5,
        )
        # Parameters are numbered through all groups, in the order of the groups.
        by_group = [p for group in optimizer.param_groups for p in group["params"]]
        number = {id(parameter): i for i, parameter in enumerate(by_group)}
        now = [number[id(parameter)] for parameter in network.parameters()]
        if len(now) == len(saved[0]["params"]):
            moments = {now[i]: each for i, each in state["state"].items()}
            settings = {k: v for k, v in saved[0].items() if k not in ("params", "weight_decay")}
            state = {"state": moments, "param_groups": [{**g, **settings} for g in groups]}
    if [len(group["params"]) for group in state["param_groups"]] != [
        len(group["params"]) for group in groups
    ]:
        raise ValueError("its optimizer has other parameters")
    optimizer.load_state_dict(dict(state))
