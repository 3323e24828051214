"""The picture of a plan shows levels with the gain that they are played with."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.plan import TransitionPlan
from djtrans.plot import plot_plan
from djtrans.testing.example_track import example_analysis
from tests.helpers.plans import track_plan


def test_levels_have_the_eased_gain():
    track = example_analysis(bars=16)
    start = float(track.grid.downbeat_times[0])
    second = track.grid.downbeat_times[1] - start
    ease = GainEase(start=4.0 * second, stop=12.0 * second, gain_db=0.0, bars=8)
    a = track_plan(warp=((0.0, start), (1.0, start + 1.0)), gain_db=0.0)
    b = attrs.evolve(a, gain_db=-6.0, gain_ease=ease)
    plan = TransitionPlan(
        technique="x/y",
        bars=1,
        swap_beat=2,
        beat_times=tuple(0.25 * second * np.arange(5)),
        a=a,
        b=b,
        key_distance=0,
    )
    shown_a, shown_b = (
        axes.patches[0].get_data().values for axes in plot_plan(plan, track, track).axes
    )
    assert len(shown_a) == 16
    # The gain in the middle of each bar.
    wanted = np.clip(-6.0 + 6.0 * (np.arange(len(shown_a)) + 0.5 - 4.0) / 8.0, -6.0, 0.0)
    assert shown_b - shown_a == pytest.approx(wanted, abs=1e-6)
