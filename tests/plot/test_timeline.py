"""The timeline shows each stem's level, A above B."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from matplotlib.patches import StepPatch

from djtrans.plot import plot_timeline
from djtrans.plot.timeline import RANGE_DB


def steps(figure, row: int) -> list[np.ndarray]:
    """Heights drawn in a row: A before and after the mixer, then B."""
    found = [p for p in figure.axes[row].patches if isinstance(p, StepPatch)]
    assert len(found) == 4
    return [p.get_data().values for p in found]


def test_a_stem_is_as_high_as_it_is_loud(make_params, make_content):
    params = make_params({"a/bass/fader/gain": [(16, 0.1)], "b/bass/fader/gain": [(0, 0.0)]})
    figure = plot_timeline(make_content(params))
    before, after, b_before, b_after = steps(figure, 1)
    assert before == pytest.approx(np.ones(len(before)))  # all stems are as loud in this overview
    assert after[:31] == pytest.approx(np.ones(31))  # four bars of context, four of the window
    # 20 dB down.
    assert after[32:] == pytest.approx(np.full(len(after) - 32, 1 - 20 / RANGE_DB), abs=0.01)
    assert b_before == pytest.approx(-np.ones(len(before)))
    assert b_after[16:] == pytest.approx(np.zeros(len(before) - 16), abs=1e-9)


def test_when_and_how_loud_is_said_in_words(make_params, make_content):
    params = make_params({"b/beat/fader/gain": [(0, 0.0), (16, 1.0)]})
    words = [t.get_text() for t in plot_timeline(make_content(params)).axes[0].texts]
    assert "bars 1 to 8, 0 dB" in words
    assert "bars 5 to 8, 0 dB" in words
    silent = make_params({"b/*/fader/gain": [(0, 0.0)]})
    words = [t.get_text() for t in plot_timeline(make_content(silent)).axes[0].texts]
    assert "silent" in words


def test_both_themes_and_no_audio(swap, make_content, assert_tidy):
    content = make_content(swap)
    for theme in ("light", "dark"):
        assert_tidy(plot_timeline(content, theme=theme))
    bare = plot_timeline(attrs.evolve(content, overview=None))
    assert any("curves alone" in t.get_text() for t in bare.texts)
