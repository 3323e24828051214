"""Sampled curves over those of the rules."""

from __future__ import annotations

import numpy as np

import djtrans
from djtrans.plot.samples import SampledTransition, plot_samples
from djtrans.plot.theme import theme_named

FRAMES = 32
LAYOUT = djtrans.mixer_layout("dj54")


def case(title="fade", **moves):
    rules = np.tile(np.array(LAYOUT.neutral), (FRAMES, 1))
    sampled = rules.copy()
    for key, values in moves.items():
        rules[:, LAYOUT.index(key)] = values
        sampled[:, LAYOUT.index(key)] = values[::-1]
    return SampledTransition(title, 4.0, 2.0, sampled, rules)


def falling():
    return np.linspace(1.0, 0.0, FRAMES)


def test_a_row_for_each_parameter_that_moves_and_a_column_for_each_transition():
    first = case("first", **{"a/drums/fader/gain": falling(), "b/bass/eq/low": falling()})
    second = case("second", **{"b/vocals/fader/gain": falling()})
    figure = plot_samples([first, second], LAYOUT, "step 5")
    assert len(figure.axes) == 2 * 2  # faders and lows, in both columns
    texts = [text.get_text() for text in figure.texts]
    assert {"step 5", "first", "second"} <= set(texts)
    assert any("line styles: drums, vocals, bass" in text for text in texts)


def test_the_curves_are_those_of_the_rules_and_of_the_sample():
    figure = plot_samples([case(**{"a/drums/fader/gain": falling()})], LAYOUT)
    (axes,) = figure.axes
    blue = theme_named("light").tracks["a"]
    # Lines of two points are the bars and the swap.
    wide, thin = (line for line in axes.lines if len(line.get_xdata()) == FRAMES)
    assert wide.get_linewidth() > 2 * thin.get_linewidth()
    assert wide.get_color() == thin.get_color() == blue
    np.testing.assert_allclose(wide.get_ydata(), thin.get_ydata()[::-1])
    assert np.all(np.diff(wide.get_ydata()) <= 0.0)
    assert np.all(np.diff(wide.get_xdata()) == 4.0 / FRAMES)


def test_equal_curves_of_the_rules_are_one_pale_line():
    stems = {f"a/{stem}/fader/gain": falling() for stem in ("drums", "bass", "other")}
    (axes,) = plot_samples([case(**stems)], LAYOUT).axes
    curves = [line for line in axes.lines if len(line.get_xdata()) == FRAMES]
    assert sum(line.get_alpha() == 0.3 for line in curves) == 1
    assert sum(line.get_alpha() is None for line in curves) == 3
