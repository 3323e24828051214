"""A small model of the default mixer, with random weights."""

from __future__ import annotations

from pathlib import Path

import attrs
import torch

import djtrans
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.config import config_to_dict
from djtrans.diffusion.building import build_network
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord, save_model
from djtrans.plugins.encoders import TechniqueEncoderConfig

STEMS = ("drums", "bass", "vocals", "other")
WIDTHS = {"audio": (58, 9), "technique": (3, 31), "none": (0, 0)}
#: The encoder of the bundled model, which needs no extractor.
VERSIONS = {"audio": 2}


def record(encoders=("audio", "technique"), **changes):
    configs = {"technique": config_to_dict(TechniqueEncoderConfig())}
    content = ModelRecord(
        layout=djtrans.mixer_layout("dj54"),
        stems=STEMS,
        frames_per_beat=2,
        denoiser=ComponentRecord(
            name="djtrans/dit", version=1, config={"width": 16, "depth": 1, "heads": 1}
        ),
        encoders=tuple(
            EncoderRecord(
                component=ComponentRecord(
                    name=f"djtrans/{name}",
                    version=VERSIONS.get(name, 1),
                    config=configs.get(name, {}),
                ),
                per_frame=WIDTHS[name][0],
                global_=WIDTHS[name][1],
            )
            for name in encoders
        ),
        scheduler=ComponentRecord(name="djtrans/flow", version=1, config={"order": 1}),
        inference={"steps": 3, "guidance_scale": 1.0},
        card={"seed": 5},
    )
    return attrs.evolve(content, **changes)


def save_random_model(folder: Path) -> Path:
    """Write ``model.safetensors`` into a folder; the folder."""
    torch.manual_seed(0)
    network, _ = build_network(record())
    for parameter in network.parameters():  # those of adaLN-zero begin at zero
        torch.nn.init.normal_(parameter, std=0.2)
    save_model(folder / "model.safetensors", record(), network.state_dict())
    return folder
