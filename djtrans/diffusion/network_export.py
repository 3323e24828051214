"""Export the network of a model to ONNX, or as a program of ``torch.export``."""

from __future__ import annotations

import importlib
import json
import os
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.errors import DependencyError, FormatError, InputError
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.program_files import DESCRIPTION, save_program, trace_program
from djtrans.diffusion.model import DiffusionModel

#: Inputs of an exported network, in order, and its output.
INPUTS = ("z", "noise_fraction", "per_frame", "global", "missing")
OUTPUT = "clean"
SUFFIXES = (".onnx", ".pt2")


class _CleanPredictor(nn.Module):
    """The network as a function of tensors alone."""

    def __init__(self, model: DiffusionModel) -> None:
        super().__init__()
        self.network = model.network

    def forward(
        self, z: Tensor, noise_fraction: Tensor, per_frame: Tensor, whole: Tensor, missing: Tensor
    ) -> Tensor:
        return self.network.clean(z, noise_fraction, Conditioning(per_frame, whole), missing)


def export_network(model: DiffusionModel, path: str | os.PathLike[str], *, batch: int = 1) -> None:
    """Export the network of a model, which predicts clean curves, for other runtimes.

    The inputs are `z` ``[batch, frames, parameters]``, `noise_fraction` ``[batch]``, the
    conditioning `per_frame` ``[batch, frames, C]`` and `global` ``[batch, G]`` (already encoded by
    trainable encoders), and `missing` ``[batch, encoders]`` bool; the output `clean` is
    ``[batch, frames, parameters]``, not clipped. The number of frames is free, the batch is not.

    Parameters
    ----------
    model : DiffusionModel
    path : path
        File to write: ``.onnx`` (extra ``djtrans[onnx]``) or ``.pt2``, a program for
        ``torch.export.load``. Its entry ``djtrans.json`` has the keys and ranges of the parameters
        and the levels of the scheduler.
    batch : int
        Number of curves that one call denoises, at least 1; guidance needs two for each.

    Raises
    ------
    InputError
        If the suffix or the batch is not allowed.
    DependencyError
        If the packages of ONNX are not installed.
    FormatError
        If the network cannot be exported, or the file cannot be written.

    See Also
    --------
    export_model : Write the model for djtrans itself.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.diffusion import export_network
    >>> export_network(djtrans.load_model(device="cpu"), "network.pt2")  # doctest: +SKIP
    """
    suffix = Path(path).suffix
    if suffix not in SUFFIXES or batch < 1:
        raise InputError(
            f"Cannot export to {os.fspath(path)!r} with a batch of {batch}; give a name ending in "
            f"{' or '.join(SUFFIXES)} and a batch of at least 1."
        )
    if suffix == ".onnx":
        _check_onnx()
    wrapped = _CleanPredictor(model).eval()
    inputs = example_inputs(model, batch, 64)
    frames = torch.export.Dim("frames", min=2, max=65536)
    dynamic = ({1: frames}, None, {1: frames}, None, None)
    name = f"The network of {model.name or 'the model'}"
    program = trace_program(wrapped, inputs, name, dynamic_shapes=dynamic)
    facts = describe(model, batch)
    if suffix == ".pt2":
        save_program(program, path, facts)
    else:
        with replacing(path, FormatError) as part:
            _save_onnx(program, part, json.dumps(facts))


def example_inputs(
    model: DiffusionModel, batch: int, frames: int, seed: int = 0
) -> tuple[Any, ...]:
    """Return random inputs of a network: noise, levels and conditioning, with nothing missing."""
    shape, generator = model.network.shape, torch.Generator().manual_seed(seed)

    def noise(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator).to(model.device)

    return (
        noise(batch, frames, shape.parameters),
        torch.rand(batch, generator=generator).to(model.device),
        noise(batch, frames, shape.per_frame),
        noise(batch, shape.global_),
        torch.zeros(batch, len(model.network.slots), dtype=torch.bool, device=model.device),
    )


def describe(model: DiffusionModel, batch: int) -> dict[str, Any]:
    """Describe a model for users of its network in other runtimes, JSON-ready."""
    return {
        "batch": batch,
        "inputs": list(INPUTS),
        "output": OUTPUT,
        "layout": model.layout.to_json(),
        "layout_digest": model.layout.digest,
        "stems": list(model.stems),
        "frames_per_beat": model.frames_per_beat,
        "encoders": [
            {"name": s.encoder, "per_frame": s.per_frame, "global": s.global_}
            for s in model.network.slots
        ],
        "scheduler": {
            "name": model.scheduler_name,
            "config": dict(model.scheduler_config),
            "levels": [[level.alpha, level.sigma] for level in model.scheduler.levels(model.steps)],
        },
        "model": {"name": model.name, "sha256": model.sha256},
    }


def _check_onnx() -> None:
    try:
        for module in ("onnx", "onnxscript"):
            importlib.import_module(module)
    except ImportError as error:
        raise DependencyError(
            f"Exporting to ONNX needs onnx and onnxscript ({error}); install them with "
            "pip install 'djtrans[onnx]', or write a .pt2 file."
        ) from None


def _save_onnx(program: Any, part: Path, description: str) -> None:
    export: Any = torch.onnx.export
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            proto = export(
                program,
                dynamo=True,
                input_names=list(INPUTS),
                output_names=[OUTPUT],
                verbose=False,
            ).model_proto
    except Exception as error:
        why = " ".join(str(error).split())[:300]
        raise FormatError(
            f"The network cannot be exported to ONNX by torch {torch.__version__}: {why}. Write a "
            ".pt2 file, or install a newer torch."
        ) from error
    importlib.import_module("onnx.helper").set_model_props(proto, {DESCRIPTION: description})
    part.write_bytes(proto.SerializeToString())
