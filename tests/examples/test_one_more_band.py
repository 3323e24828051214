"""The example's mixer, technique and model, made for each other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import djtrans
from djtrans import Registry
from djtrans.core.curves.request import CurveRequest
from djtrans.diffusion.loading import load_model
from djtrans.testing import check_effect, check_mixer, check_technique
from tests.helpers.training import small_set

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "examples" / "one_more_band.py"


@pytest.fixture(scope="module")
def registry():
    registry = Registry(discover=False)
    registry.register_file(FILE)
    return registry


def test_the_parts_keep_the_rules(registry):
    namespace = "one_more_band"
    check_effect(registry.effects.find(f"{namespace}/presence").declaration)
    check_mixer(registry.mixers.find(f"{namespace}/dj62").declaration)
    layout = djtrans.mixer_layout(f"{namespace}/dj62", registry)
    technique = registry.techniques.find(f"{namespace}/presence-swap").declaration
    check_technique(technique, layouts=[layout])


def test_the_layout_has_one_more_row_per_stem(registry):
    layout = djtrans.mixer_layout("dj62", registry)
    assert len(layout) == 62
    assert len(layout.select("*/*/presence/gain")) == 8


@pytest.mark.slow
def test_a_model_is_trained_for_the_mixer_and_draws_its_band(registry, tmp_path):
    small_set().save(tmp_path / "set.safetensors")
    command = [sys.executable, FILE, "--data", "set.safetensors", "--output", "run", "--steps", "3"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "62 parameters, 1 transitions" in done.stdout
    model = load_model(tmp_path / "run" / "best_model.pt", "cpu", registry=registry)
    layout = djtrans.mixer_layout("dj62", registry)
    request = CurveRequest(layout, 64, 16, technique="one_more_band/presence-swap")
    assert model.knows("one_more_band/presence-swap")
    assert not model.knows("djtrans/fade")
    assert model.generate(request).shape == (64, 62)


def test_the_presence_changes_hands_on_the_swap(registry):
    layout = djtrans.mixer_layout("dj62", registry)
    request = CurveRequest(layout, 128, 32)
    curves = registry.techniques.build("presence-swap").generate(request)
    b, a = (curves[:, layout.select(f"{track}/*/presence/gain")] for track in "ba")
    assert (b[0] == 0.0).all()
    assert (a[-1] == 0.0).all()
    assert torch.allclose(b[1:64], torch.tensor(0.3))
    assert (b[64:] == 1.0).all()
    assert (a[:64] == 1.0).all()
    assert torch.allclose(a[64:-1], torch.tensor(0.3))
