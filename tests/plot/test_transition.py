"""The picture says what the transition does, and nothing on it overlaps."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import attrs
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from djtrans.core.errors import InputError, ShapeError
from djtrans.plot import plot_transition

RATE = 8000


@pytest.fixture(scope="module")
def audio():
    noise = np.random.default_rng(0).standard_normal((2, 2, RATE * 20)) * 0.1
    return {"a": torch.from_numpy(noise[0]).float(), "b": noise[1], "sample_rate": RATE}


def shown(figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def words(figure) -> list[str]:
    return [text.get_text() for text in shown(figure)]


def line(figure, row: str, colour: str) -> tuple[np.ndarray, np.ndarray]:
    (axes,) = [a for a in figure.axes if row in [t.get_text() for t in a.texts]]
    (found,) = [x for x in axes.lines if x.get_color() == colour and len(x.get_xdata()) > 100]
    return found.get_xdata(), found.get_ydata()


def test_curves_are_drawn_in_bars_and_decibels(swap):
    figure = plot_transition(swap, swap_beat=16)
    bars, a_low = line(figure, "eq low", "#0067a8")
    _, b_low = line(figure, "eq low", "#d05a00")
    before, after = bars < 3.95, bars > 4.0
    assert np.allclose(a_low[before], 0.0)
    assert np.allclose(b_low[before], -60.0)
    assert np.allclose(a_low[after], -60.0)
    assert np.allclose(b_low[after], 0.0)


def test_the_swap_and_what_is_unchanged_are_named(swap):
    found = words(plot_transition(swap, swap_beat=16, title="bass-swap", subtitle="8 bars"))
    assert {"swap · bar 5", "bass-swap", "8 bars"} <= set(found)
    assert any(text.startswith("unchanged: eq mid, hpf") for text in found)


def test_owners_are_drawn_as_given(swap):
    owners = ["a"] * 12 + ["both"] * 4 + ["none"] * 4 + ["b"] * 12
    figure = plot_transition(swap, owners=owners)
    (strip,) = [a for a in figure.axes if "low end" in [t.get_text() for t in a.texts]]
    assert [(p.get_x(), p.get_width()) for p in strip.patches] == [(0, 3), (3, 1), (4, 1), (5, 3)]
    assert "hatched: two basses, dotted: no bass" in words(figure)


def test_context_is_shown_where_there_is_audio(swap, audio):
    figure = plot_transition(swap, **audio, start_seconds=2.0)
    assert figure.axes[0].get_xlim() == pytest.approx((-1.0, 9.0))  # two seconds are one bar
    assert plot_transition(swap, **audio).axes[0].get_xlim() == pytest.approx((0.0, 8.0))


def everything(make_params):
    rows = {}
    for index, key in enumerate(make_params({}).layout.keys):
        rows[key] = [(index % 7, 0.2), (8 + index % 5, 0.7)]
    return make_params(rows)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("busy", [False, True])
def test_no_text_overlaps_another_or_leaves_the_page(swap, make_params, audio, theme, busy):
    params = everything(make_params) if busy else swap
    figure = plot_transition(
        params, **audio, start_seconds=2.0, swap_beat=16, theme=theme, title="t" * 200,
        subtitle="a long story " * 30, names=("A track with a name of forty characters", "B"),
    )  # fmt: skip
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown(figure)]
    boxes = [(text, box) for text, box in boxes if box.width > 0]
    for text, box in boxes:
        assert page.x0 <= box.x0 < box.x1 <= page.x1, text
        assert page.y0 <= box.y0 < box.y1 <= page.y1, text
    for (first, one), (second, other) in combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1)), (first, second)


def test_any_layout_and_a_batch_of_one(make_params):
    params = everything(make_params)
    batched = attrs.evolve(params, values=params.values[None])
    titles = set(words(plot_transition(batched)))
    assert {"gain", "eq low", "eq mid", "hpf", "echo send", "echo feedback", "tilt tilt"} <= titles
    with pytest.raises(ShapeError, match="one transition"):
        plot_transition(attrs.evolve(params, values=params.values.expand(2, -1, -1)))


def test_nothing_moves(make_params):
    found = words(plot_transition(make_params({})))
    assert any(text.startswith("unchanged: gain, eq low") for text in found)


def test_bad_arguments_are_named(swap, audio):
    with pytest.raises(InputError, match="'light'"):
        plot_transition(swap, theme="lihgt")
    with pytest.raises(InputError, match="none of them"):
        plot_transition(swap, a=audio["a"])
    with pytest.raises(InputError, match="32 beats"):
        plot_transition(swap, owners=["a"] * 31)


DRAW_WITHOUT_PYPLOT = """
import sys
import torch
from djtrans.core.layout import Layout, Row
from djtrans.core.parameters import Parameter
from djtrans.core.params import TransitionParams
from djtrans.plot import plot_transition
assert "matplotlib" not in sys.modules
layout = Layout((Row(0, "a", "bass", "fader", Parameter(name="gain"), "gain"),))
clock = torch.arange(5).double()
plot_transition(TransitionParams(torch.rand(4, 1), layout, clock[:4], clock, 1))
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""


def test_matplotlib_is_imported_when_drawn_and_pyplot_never():
    command = [sys.executable, "-c", DRAW_WITHOUT_PYPLOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
