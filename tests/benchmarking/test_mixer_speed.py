"""CPU time of mixers: in rounds, resumed, and in the tables of the other systems."""

from __future__ import annotations

import itertools

import pytest
import torch

from djtrans.benchmarking import benchmark, mixer_speed
from djtrans.benchmarking.report import summary_markdown
from djtrans.core.errors import InputError
from djtrans.core.util.statistics import mean_interval
from djtrans.mixer.mixer import Mixer


@pytest.fixture
def renders(monkeypatch):
    """Record renders of short stems, each of which takes 1 s more than the one before."""
    monkeypatch.setattr(mixer_speed, "_RATE", 8000)
    monkeypatch.setattr(mixer_speed, "SECONDS", 1)
    monkeypatch.setattr(mixer_speed, "ROUNDS", 3)
    clock = itertools.accumulate(itertools.count())
    monkeypatch.setattr(mixer_speed.time, "process_time", lambda: float(next(clock)))
    calls = []
    forward = Mixer.forward

    def render(self, a, b, params, **options):
        calls.append((tuple(a.shape), torch.is_grad_enabled() and a.requires_grad, params))
        return forward(self, a, b, params, **options)

    monkeypatch.setattr(Mixer, "forward", render)
    return calls


def test_rounds_are_measured_once_and_compared_as_pairs(renders, tmp_path):
    result = benchmark({}, (), mixers=("dj54",), output=tmp_path / "out")
    assert len(renders) == 4 * mixer_speed.ROUNDS
    # A short one first, then the one that is measured; without gradients, and with them.
    assert [grad for _, grad, _ in renders[:4]] == [False, False, True, True]
    assert renders[1][0] == (4, 2, 8000)
    rows = renders[1][2].detach().T.tolist()
    assert len({tuple(row) for row in rows}) == 54
    # The clock is read twice for each: the differences are the odd numbers.
    odd = [60.0 * (2 * i + 1) for i in range(2 * mixer_speed.ROUNDS)]
    forward = result.mean("mixers", "djtrans/dj54", "mixers forward")
    assert forward == mean_interval(odd[::2])
    both = result.mean("mixers", "djtrans/dj54", "mixers forward and backward")
    assert both == mean_interval(odd[1::2])
    text = summary_markdown(result)
    assert f"| mixers forward ↓, s/min | 3 | {forward.mean:.2f} [" in text
    assert "3 of 3 rounds; 10 s of stereo stems" in text
    again = benchmark({}, (), mixers=("dj54",), output=tmp_path / "out")
    assert again == result
    assert len(renders) == 4 * mixer_speed.ROUNDS


def test_systems_without_anything_to_be_scored_on_are_refused(renders, tmp_path):
    with pytest.raises(InputError, match=r"technique djtrans/fade has nothing .* give pairs=FILE"):
        benchmark({}, (), mixers=("dj54",), techniques=("fade",), output=tmp_path / "out")
    assert renders == []
