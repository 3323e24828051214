"""The separator of an example: the rules of its kind, and clicks apart from tones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from djtrans import Registry
from djtrans.core.track.separation import separate
from djtrans.testing import check_separator

FILE = Path(__file__).resolve().parents[2] / "examples" / "hpss_separator.py"
RATE = 22050


@pytest.fixture(scope="module")
def component():
    registry = Registry(discover=False)
    registry.register_file(FILE)
    return registry, registry.separators.find("hpss")


@pytest.mark.slow
def test_it_keeps_the_rules_of_its_kind(component):
    check_separator(component[1].declaration)


def test_clicks_are_drums_and_tones_are_bass_or_other(component):
    registry, found = component
    time = torch.arange(4 * RATE) / RATE
    low, high = (0.3 * torch.sin(2 * torch.pi * hz * time) for hz in (80.0, 1500.0))
    clicks = torch.zeros_like(time)
    clicks[:: RATE // 2] = 1.0
    stems = separate(
        registry.separators.build("hpss"), found.declaration, (low + high + clicks)[None], RATE
    )
    inner = slice(RATE, 3 * RATE)
    for name, part in (("bass", low), ("other", high)):
        error = (stems[name][0] - part)[inner].square().sum() / part[inner].square().sum()
        assert float(error) < 0.02
    kept = float(stems["drums"][0, inner] @ clicks[inner]) / float(clicks[inner].square().sum())
    assert kept > 0.8
