"""Colour themes of the plots, light and dark; safe for common colour vision deficiencies."""

from __future__ import annotations

import attrs

from djtrans.core.errors import InputError, did_you_mean


@attrs.frozen
class Theme:
    """A set of colours.

    Attributes
    ----------
    background, panel, text, muted, grid : str
        Page, axes, text, secondary text, grid lines.
    tracks : dict of str to str
        Line colour by track: ``"a"``, ``"b"``, and ``"mix"`` for the master bus.
    bands : dict of str to tuple of str
        Colours of a waveform's low, mid and high band, by track.
    phrase : dict of str to str
        Phrase boundaries, by track.
    ghost : float
        Opacity of unprocessed audio.
    vocals : str
        Vocal strips.
    clash, empty : str
        Ownership by both tracks, and by neither.
    swap : str
        The swap line.
    """

    background: str
    panel: str
    text: str
    muted: str
    grid: str
    tracks: dict[str, str]
    bands: dict[str, tuple[str, str, str]]
    phrase: dict[str, str]
    ghost: float
    vocals: str
    clash: str
    empty: str
    swap: str


# Blue against orange, after M. Okabe and K. Ito, "Color Universal Design" (2008): they differ in
# lightness and along the axis that the common colour deficiencies leave intact.
THEMES = {
    "light": Theme(
        background="#ffffff",
        panel="#f7f8fa",
        text="#1b1f24",
        muted="#5c6570",
        grid="#dfe3e8",
        tracks={"a": "#0067a8", "b": "#d05a00", "mix": "#3d4450"},
        bands={
            "a": ("#004a7c", "#3f93cc", "#a9d3f0"),
            "b": ("#8f3d00", "#e8892b", "#fbd0a0"),
        },
        phrase={"a": "#002c4d", "b": "#5c2600"},
        ghost=0.22,
        vocals="#00795a",
        clash="#b0307a",
        empty="#e3e6ea",
        swap="#1b1f24",
    ),
    "dark": Theme(
        background="#14171c",
        panel="#1c2027",
        text="#eceff3",
        muted="#9aa4b1",
        grid="#313843",
        tracks={"a": "#5cb8f0", "b": "#f5a13d", "mix": "#c4ccd6"},
        bands={
            "a": ("#1f78b8", "#5cb8f0", "#c3e6fb"),
            "b": ("#c06010", "#f5a13d", "#fde0b8"),
        },
        phrase={"a": "#d8eefc", "b": "#ffe6c4"},
        ghost=0.24,
        vocals="#35c999",
        clash="#e36bb0",
        empty="#2b313a",
        swap="#ffffff",
    ),
}


def theme_named(name: str) -> Theme:
    """Return the theme of a name.

    Raises
    ------
    InputError
        If there is no such theme.
    """
    if name not in THEMES:
        raise InputError(f"There is no theme {name!r}. {did_you_mean(name, THEMES)}")
    return THEMES[name]
