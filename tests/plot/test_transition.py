"""The picture says what the transition does, and nothing on it overlaps."""

from __future__ import annotations

import subprocess
import sys

import attrs
import numpy as np
import pytest
from matplotlib.text import Text

from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.tags import Tags
from djtrans.core.transition.params_file import save_params
from djtrans.plot import plot_transition


def shown(figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]


def words(figure) -> list[str]:
    return [text.get_text() for text in shown(figure)]


def line(figure, row: str, colour: str) -> tuple[np.ndarray, np.ndarray]:
    (axes,) = [a for a in figure.axes if row in [t.get_text() for t in a.texts]]
    (found,) = [x for x in axes.lines if x.get_color() == colour and len(x.get_xdata()) > 100]
    return found.get_xdata(), found.get_ydata()


def test_curves_are_drawn_in_bars_and_decibels(swap, make_content):
    figure = plot_transition(make_content(swap))
    bars, a_low = line(figure, "eq low", "#0067a8")
    _, b_low = line(figure, "eq low", "#d05a00")
    before, after = bars < 3.95, bars > 4.0
    assert np.allclose(a_low[before], 0.0)
    assert np.allclose(b_low[before], -60.0)
    assert np.allclose(a_low[after], -60.0)
    assert np.allclose(b_low[after], 0.0)


def test_swap_sections_tracks_and_what_is_unchanged_are_named(swap, make_content):
    found = words(plot_transition(make_content(swap)))
    assert {"swap · bar 5", "track_a.wav", "track_b.wav", "intro", "drop", "bass"} <= set(found)
    assert any("unchanged: eq mid, hpf" in text for text in found)
    assert any(text.startswith("bass-swap, 8 bars at 120.0 BPM") for text in found)


def test_each_track_shows_its_own_phrase_lines_so_that_a_misfit_shows(swap, make_content):
    figure = plot_transition(make_content(swap))
    lanes = figure.axes[:2]
    found = [
        sorted(x.get_xdata()[0] for x in axes.lines if (x.get_color(), x.get_lw()) == (colour, 1.4))
        for axes, colour in zip(lanes, ("#002c4d", "#5c2600"), strict=True)
    ]
    assert found[0] == pytest.approx([0.0, 4.0, 8.0])
    assert found[1] == pytest.approx([0.5, 4.5, 8.5])  # two beats late


def strip_of(figure):
    (strip,) = [a for a in figure.axes if "bass" in [t.get_text() for t in a.texts]]
    return [(p.get_x(), p.get_width(), p.get_hatch()) for p in strip.patches if p.get_y() < -0.4]


def test_the_bass_is_drawn_as_measured(swap, make_content):
    bass = ("a",) * 12 + ("both",) * 4 + ("none",) * 4 + ("b",) * 12
    figure = plot_transition(make_content(swap, bass=bass))
    assert strip_of(figure)[:4] == [(-1, 4, None), (3, 1, "////"), (4, 1, None), (5, 4, None)]
    assert "hatched: both, empty: neither" in words(figure)


def test_edited_curves_are_not_shown_as_measured(swap, make_params, make_content):
    content = make_content(swap)
    edited = make_params({"a/*/eq/low": [(24, 0.0)], "b/*/eq/low": [(0, 0.0), (24, 1.0)]})
    figure = plot_transition(attrs.evolve(content, params=edited))
    # Both play at first: B's fader is open, but its low is not.
    assert strip_of(figure)[0][:2] == (-1, 7)
    assert any("curves edited since" in text for text in words(figure))
    assert not any("edited" in text for text in words(plot_transition(content)))


def test_without_audio_there_are_no_waveforms_and_it_is_said(swap, make_content):
    figure = plot_transition(make_content(swap, with_audio=False))
    assert any("computed from the curves alone" in text for text in words(figure))
    assert strip_of(figure) == [(-1, 5, None), (4, 5, None)]
    assert not any("before the mixer" in text for text in words(figure))


def test_vocals_of_weakly_isolating_stems_are_called_uncertain(swap, make_content):
    found = words(plot_transition(make_content(swap, isolation="weak")))
    assert any("vocals uncertain" in text for text in found)


def everything(make_params):
    rows = {}
    for index, key in enumerate(make_params({}).layout.keys):
        rows[key] = [(index % 7, 0.2), (8 + index % 5, 0.7)]
    return make_params(rows)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("busy", [False, True])
def test_no_text_overlaps_another_or_leaves_the_page(
    swap, make_params, make_content, assert_tidy, theme, busy
):
    content = make_content(everything(make_params) if busy else swap, isolation="weak")
    tracks = {
        "a": attrs.evolve(content.provenance.tracks["a"], name="a name of " + "x" * 200 + ".wav"),
        "b": content.provenance.tracks["b"],
    }
    provenance = attrs.evolve(content.provenance, tracks=tracks)
    assert_tidy(plot_transition(attrs.evolve(content, provenance=provenance), theme=theme))


def test_any_layout_and_a_batch_of_one(make_params, make_content):
    params = everything(make_params)
    batched = attrs.evolve(params, values=params.values[None])
    titles = {text.replace("\n", " ") for text in words(plot_transition(make_content(batched)))}
    assert {
        "beat gain",
        "bass gain",
        "eq low",
        "eq mid",
        "hpf",
        "echo send",
        "echo feedback",
        "tilt tilt",
    } <= titles
    assert {"faders", "EQ", "filters", "sends", "master"} <= titles
    two = attrs.evolve(params, values=params.values.expand(2, -1, -1))
    with pytest.raises(ShapeError, match="one transition"):
        plot_transition(make_content(two))


def test_nothing_moves(make_params, make_content):
    found = words(plot_transition(make_content(make_params({}))))
    assert any("unchanged: gain, eq low" in text for text in found)


def test_an_unknown_theme_is_named(swap, make_content):
    with pytest.raises(InputError, match="'light'"):
        plot_transition(make_content(swap), theme="lihgt")


DRAW_WITHOUT_PYPLOT = """
import sys
from djtrans.core.transition.params_file import load_params
from djtrans.plot import plot_transition
assert "matplotlib" not in sys.modules
plot_transition(load_params(sys.argv[1]))
assert "matplotlib" in sys.modules
assert "matplotlib.pyplot" not in sys.modules
"""


def test_matplotlib_is_imported_when_drawn_and_pyplot_never(swap, make_content, tmp_path):
    save_params(tmp_path / "p.json", make_content(swap))
    command = [sys.executable, "-c", DRAW_WITHOUT_PYPLOT, str(tmp_path / "p.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_long_names_are_shortened_until_they_fit(swap, make_content, assert_tidy):
    content = make_content(swap)
    wide = "WWWWWW MMMMMMM Orchestra - WALTZ OF THE MOTORWAY (WIDE MIX).flac"
    tracks = {
        side: attrs.evolve(record, name=f"{side} {wide}", tags=Tags())
        for side, record in content.provenance.tracks.items()
    }
    content = attrs.evolve(content, provenance=attrs.evolve(content.provenance, tracks=tracks))
    figure = plot_transition(content)
    assert_tidy(figure)
    titles = [text.get_text() for text in figure.texts if "→" in text.get_text()]
    first, second = titles[0].split("  →  ")
    for name, letter in ((first, "a"), (second, "b")):
        assert name.startswith(f"{letter} WWW")
        assert name.endswith(".flac")
        assert "…" in name
