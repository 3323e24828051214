"""Plots show any text verbatim, whatever the user's settings of matplotlib."""

from __future__ import annotations

import logging
import warnings

import attrs
import matplotlib as mpl
import pytest

from djtrans.plot import fonts as fonts_module
from djtrans.plot import plot_comparison, plot_timeline, plot_transition, save_figure
from djtrans.plot.fonts import verbatim

NAMES = [
    ("Ke$ha_$1.wav", r"$\frac{1.wav"),
    ("血と汗.wav", "caf\udce9\n\x07.wav"),
    ("Кино.wav", "עברית.wav"),
    ("😀 한국어.wav", "a" * 300),
]


@pytest.fixture(scope="module")
def content(make_content, swap):
    return make_content(swap)


def named(content, names):
    tracks = {
        side: attrs.evolve(track, name=name)
        for (side, track), name in zip(content.provenance.tracks.items(), names, strict=True)
    }
    return attrs.evolve(content, provenance=attrs.evolve(content.provenance, tracks=tracks))


def test_text_is_verbatim():
    assert verbatim("Ke$ha_$1") == r"Ke\$ha_\$1"
    assert verbatim("Ünder Кино ελ 1/2") == "Ünder Кино ελ 1/2"
    assert verbatim("a\tb\x07c\u200bd") == "a bcd"
    assert verbatim("caf\udce9") == "caf□"
    # Names in both directions stay on their side of an arrow.
    assert verbatim("א → b") == "\u200eא → b"


def test_what_no_font_has_becomes_a_box(monkeypatch):
    monkeypatch.setattr(fonts_module, "fallback_families", tuple)
    fonts_module._shown.cache_clear()
    assert verbatim("血と汗.wav") == "□□□.wav"
    fonts_module._shown.cache_clear()


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("plot", [plot_transition, plot_timeline, lambda c: plot_comparison(c, c)])
def test_any_name_is_plotted_without_a_warning(content, tmp_path, caplog, names, plot):
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        save_figure(plot(named(content, names)), tmp_path / "x.png")
    assert caplog.records == []


def test_the_settings_of_the_user_change_nothing(content, tmp_path):
    save_figure(plot_transition(content), tmp_path / "plain.png")
    odd = {
        "text.usetex": True,
        "axes.facecolor": "red",
        "font.family": ["Comic Sans MS"],
        "font.size": 40,
        "savefig.bbox": "tight",
        "savefig.dpi": 10,
        "lines.linewidth": 9,
    }
    with mpl.rc_context(odd):
        save_figure(plot_transition(content), tmp_path / "odd.png")
        assert mpl.rcParams["font.size"] == 40
    assert (tmp_path / "odd.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


@pytest.mark.parametrize("extension", ["png", "svg", "pdf"])
def test_the_same_figure_has_the_same_bytes(content, tmp_path, extension):
    for name in "ab":
        save_figure(plot_transition(content), tmp_path / f"{name}.{extension}")
    files = [(tmp_path / f"{name}.{extension}").read_bytes() for name in "ab"]
    assert files[0] == files[1]
