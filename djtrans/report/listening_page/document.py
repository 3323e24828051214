"""Assemble the page of a listening report from its content, scripts and styles."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

#: Scripts of the page, in the order in which they need each other.
_SCRIPTS = ("units.js", "player.js", "lanes.js", "drawing.js", "texts.js", "page.js")
_PLACE = re.compile(r"\{\{(\w+)\}\}")
#: Everything that the page needs is in it, so that nothing may be fetched.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page_html(
    content: Mapping[str, Any],
    colours: Mapping[str, Mapping[str, str]],
    audio: Mapping[str, str],
    script_folder: str | None = None,
) -> str:
    """Assemble a page.

    Parameters
    ----------
    content : mapping
        What the scripts show, as plain JSON values; see :mod:`djtrans.pipeline.listening_report`.
    colours : mapping of str to mapping
        Style variables by theme, ``"light"`` and ``"dark"``.
    audio : mapping of str to str
        MP3 files as base64, by name; empty if they are beside the page.
    script_folder : str, optional
        Folder of the audio beside the page, relative to it.

    Returns
    -------
    str
        HTML.
    """
    policy = _POLICY if script_folder is None else f"{_POLICY} 'self' file:"
    parts = {
        "title": html.escape(content["title"]),
        "policy": policy,
        "style": f"{_asset('uPlot.min.css')}\n{_variables(colours)}\n{_asset('page.css')}",
        "library": _asset("uPlot.iife.min.js"),
        "script": "\n".join(_asset(name) for name in _SCRIPTS),
        "content": _json({**content, "audio_folder": script_folder}),
        "audio": "\n".join(
            f'<script type="text/plain" id="audio-{name}">{encoded}</script>'
            for name, encoded in audio.items()
        ),
    }
    return _PLACE.sub(lambda place: parts[place[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8").strip()


def _json(content: Mapping[str, Any]) -> str:
    """Encode JSON, ASCII only, so that no text in it can end the script element."""
    encoded = json.dumps(content, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded


def _variables(colours: Mapping[str, Mapping[str, str]]) -> str:
    """Return the style variables of both themes; the browser chooses one."""
    light, dark = (
        ";".join(f"--{name}:{value}" for name, value in colours[theme].items())
        for theme in ("light", "dark")
    )
    return f":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
