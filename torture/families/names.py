"""File names that file systems allow and programs stumble over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from random import Random

from torture import corpus
from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.judge import Promise

#: Names without a suffix; bytes are no UTF-8.
NAMES: dict[str, str | bytes] = {
    "spaces": "  two  words  ",
    "newline": "two\nlines",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "escape": "\x1b[31mred",
    "dollars": "$x$ $HOME $(id)",
    "mathematics": "$\\frac{1}{$",
    "percent": "100%s%n%(x)s",
    "braces": "{0} {name} {{",
    "brackets": "[bold]x [*]",
    "quotes": 'it\'s "quoted" `id`',
    "backslash": "a\\b\\..\\c",
    "leading dash": "-o",
    "double dash": "--json",
    "tilde": "~root",
    "hidden": ".hidden",
    "sidecar": "._x",
    "trailing dots": "name...",
    "no UTF-8": b"caf\xe9 \xff\xfe",
    "half a character": b"\xe2\x82",
    "emoji": "👩‍🎤🎧",
    "right to left": "\u202eשלום\u202c",
    "CJK": "夜に駆ける",
    "decomposed": "e\u0301te\u0301",
    "combining": "Z" + "\u0351" * 60,
    "invisible": "\u200b\ufeff\u00ad",
    "longest": "x" * 251,
    "longest in bytes": "é" * 125,
    "colon": "C:x",
    "asterisk": "*?",
    "reserved": "CON",
    "address": "http:",
    "number": "0",
    "comma": "a,b;c",
    "hash": "#1 & <b>",
}


def _bytes(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else os.fsencode(name)


def _safe(path: bytes) -> bytes:
    """Keep a leading dash from being an option, as a user has to."""
    return b"./" + path


def _placed(bench: Bench, place: Place, name: str | bytes) -> bytes:
    path = _bytes(name) + b".wav"
    os.link(bench.corpus / "a.wav", os.fsencode(place.files) + b"/" + path)
    return path


def _analyze(name: str | bytes) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        return ("analyze", _safe(_placed(bench, place, name)), "--json")

    return make


def _table(name: str | bytes) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        return ("analyze", _safe(_placed(bench, place, name)))

    return make


def _generate(name: str | bytes) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        path = _placed(bench, place, name)
        place.link(bench.corpus / "b.wav", "b.wav")
        out = path.removesuffix(b".wav")[:250] + b".wav"
        return (
            *("generate", _safe(path), "b.wav", "-o", b"out/" + out, "--visualize"),
            *("--save-params", b"out/" + out.removesuffix(b".wav")[:249] + b".json"),
            *corpus.GENERATE,
        )

    def with_folder(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        (place.files / "out").mkdir()
        return make(bench, place, rng)

    return with_folder


def _prepare(name: str | bytes) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        folder = os.fsencode(place.files) + b"/" + _bytes(name)[:200] + b"-library"
        os.mkdir(folder)
        os.link(bench.corpus / "a.wav", folder + b"/" + _bytes(name) + b".wav")
        os.link(bench.corpus / "b.wav", folder + b"/b.wav")
        output = b"./" + _bytes(name)[:200] + b"-out"
        return (
            *("prepare", "--tracks", _safe(os.path.basename(folder)), "--output", output),
            *("--max", "1", *corpus.PREPARE),
        )

    return make


def _collect(name: str | bytes) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        path = _bytes(name) + b".txt"
        shutil.copy(bench.corpus / "set.txt", os.fsencode(place.files) + b"/" + path)
        return ("collect", _safe(path), "--output", "out")

    return make


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for name, text in NAMES.items():
        yield single("inputs", f"name analyze {name}", _analyze(text), Promise(json=True))
        yield single("inputs", f"name collect {name}", _collect(text), Promise(maybe=("out",)))
        yield single("inputs", f"name generate {name}", _generate(text), Promise(maybe=("out",)))
        if rng.random() < 0.4:
            yield single("inputs", f"name table {name}", _table(text))
        if rng.random() < 0.4:
            output = os.fsdecode(_bytes(text)[:200] + b"-out")
            promise = Promise(maybe=(output,))
            yield single("inputs", f"name prepare {name}", _prepare(text), promise)
