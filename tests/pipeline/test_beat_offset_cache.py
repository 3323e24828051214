"""Cache of the beat offset of planned tracks."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.transition.pair import Pair
from djtrans.pipeline import beat_offset_cache
from djtrans.pipeline.beat_offset_cache import cached_offset
from djtrans.pipeline.preparation import prepare
from djtrans.planning.nudging import delayed


@pytest.fixture
def prepared(tracks):
    return prepare(*tracks)


def test_a_known_offset_is_not_measured_again(prepared, monkeypatch, tmp_path):
    monkeypatch.setenv("DJTRANS_CACHE", str(tmp_path))
    plan = prepared.plan("fade", bars=4)
    found = cached_offset(prepared.tracks, plan)
    assert found.offsets_ms
    later = attrs.evolve(plan, b=delayed(plan.b, 0.010))
    assert cached_offset(prepared.tracks, later).mean_ms == pytest.approx(
        found.mean_ms + 10.0, abs=0.5
    )

    def measuring(*_):
        raise AssertionError("measured")

    monkeypatch.setattr(beat_offset_cache, "beat_offset", measuring)
    assert cached_offset(prepared.tracks, plan) == found
    with pytest.raises(AssertionError, match="measured"):
        cached_offset(Pair(prepared.tracks.b, prepared.tracks.a), plan)
