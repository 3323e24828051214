"""Two transitions stand side by side, each parameter on one row."""

from __future__ import annotations

import pytest

from djtrans.plot import plot_comparison


def test_a_parameter_that_moves_in_either_has_its_row_in_both(swap, make_params, make_content):
    sweep = make_params({"a/*/hpf/cutoff": [(0, 0.0), (16, 0.5)], "a/*/fader/gain": [(28, 0.0)]})
    figure = plot_comparison(make_content(swap), make_content(sweep), labels=("one", "two"))
    assert len(figure.axes) == 2 * (2 + 1 + 3)  # tracks, owners; gain, eq low, hpf
    left, right = figure.axes[:6], figure.axes[6:]
    for one, other in zip(left, right, strict=True):
        assert one.get_position().y0 == pytest.approx(other.get_position().y0)
        assert one.get_ylim() == pytest.approx(other.get_ylim())
    resting = [
        [t.get_text() for t in axes.texts].count("does not move") for axes in (*left, *right)
    ]
    assert resting == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]
    titles = [t.get_text() for t in figure.texts]
    assert any(title.startswith("one: track_a.wav") for title in titles)
    assert any(title.startswith("two: track_a.wav") for title in titles)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_overlaps(swap, make_params, make_content, assert_tidy, theme):
    fade = make_params({"a/bass/fader/gain": [(8, 0.0)], "a/beat/fader/gain": [(16, 0.5)]})
    names = ("a-long-name-of-a-file.json", "other.json")
    pair = make_content(swap, isolation="weak"), make_content(fade, with_audio=False)
    assert_tidy(plot_comparison(*pair, theme=theme, labels=names))
