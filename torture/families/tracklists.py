"""Tracklists, cue sheets, pages and playlists that are damaged or hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random

from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.judge import Promise
from torture.mutation import BYTES, mutated_json

_CUE = (
    'PERFORMER "A DJ"\nTITLE "A Mix"\nFILE "mix.mp3" MP3\n'
    '  TRACK 01 AUDIO\n    PERFORMER "One"\n    TITLE "First"\n    INDEX 01 00:00:00\n'
    '  TRACK 02 AUDIO\n    PERFORMER "Two"\n    TITLE "Second"\n    INDEX 01 04:30:12\n'
)
_TEXT = "00:00 One - First\n04:30 Two - Second (Extended Mix)\n1:02:03 Three - Third [Label]\n"
_DATASET = json.dumps(
    [
        {
            "id": "mix0001",
            "title": "A DJ - A Mix",
            "url": "https://example.org/mix",
            "audio_url": "https://example.org/mix.mp3",
            "tracklist": [
                {"title": "[00] One - First", "id": "abc"},
                {"title": "[04] Two - Second", "id": None},
            ],
        }
    ]
)
_PAGE = (
    "<html><head><title>A Mix</title></head><body>"
    + "".join(
        f'<div class="tlpTog"><span class="trackValue">{n} - Track</span></div>' for n in range(3)
    )
    + "</body></html>"
)
SOURCES = {"cue": _CUE, "txt": _TEXT, "json": _DATASET, "jsonl": _DATASET, "html": _PAGE}

Content = Callable[[str, Random], "str | bytes"]

_ANY: dict[str, Content] = {
    "empty": lambda text, rng: "",
    "blank": lambda text, rng: " \n\n\t\n",
    "byte order mark": lambda text, rng: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text, rng: text.encode("utf-16"),
    "cp1252": lambda text, rng: text.replace("First", "Fïrst").encode("cp1252"),
    "NULs": lambda text, rng: text.replace(" ", "\0"),
    "old Mac line ends": lambda text, rng: text.replace("\n", "\r"),
    "line separators": lambda text, rng: text.replace("\n", "\u2028"),
    "invisible": lambda text, rng: text.replace("\n", "\n\u200b\ufeff\u200e"),
    "right to left": lambda text, rng: text.replace("First", "\u202eאב\u202c"),
    "other digits": lambda text, rng: text.replace("4", "٤"),
    "lone surrogate": lambda text, rng: text.replace("First", "\\ud800"),
    "a hundred thousand lines": lambda text, rng: text * 30_000,
    "one long line": lambda text, rng: text.replace("\n", " ") * 5000,
    "brackets": lambda text, rng: text.replace("First", "(" * 20_000),
    "blanks": lambda text, rng: text.replace(" ", " " * 20_000),
    "dashes": lambda text, rng: text.replace(" - ", " -" * 20_000),
    "huge times": lambda text, rng: text.replace("04", "99" * 500),
    "negative times": lambda text, rng: text.replace("04", "-4"),
    "traversal": lambda text, rng: text.replace("A Mix", "../../../../etc/x").replace(
        "mix.mp3", "../../../../etc/passwd"
    ),
    "control characters": lambda text, rng: text.replace("First", "\x1b]0;x\x07\x1b[2J"),
    "long name": lambda text, rng: text.replace("A Mix", "x" * 5000).replace("First", "y" * 5000),
}
_JSON: dict[str, Content] = {
    "deep list": lambda text, rng: "[" * 200_000,
    "deep object": lambda text, rng: '{"tracklist":' * 50_000 + "1" + "}" * 50_000,
    "null": lambda text, rng: "null",
    "list of null": lambda text, rng: "[null]",
    "number": lambda text, rng: "1e999",
    "long number": lambda text, rng: "9" * 10_000,
    "one bad mix of two": lambda text, rng: json.dumps(
        [*json.loads(text), {"id": 1, "tracklist": [{"title": None}]}]
    ),
    "tracks are text": lambda text, rng: json.dumps([{"title": "x", "tracklist": ["x", "y"]}]),
    "no title": lambda text, rng: json.dumps([{"tracklist": [{"title": "[00] One - First"}]}]),
    **{
        f"mutated {n:02d}": (lambda text, rng: mutated_json(json.loads(text), rng)[1])
        for n in range(16)
    },
}


def _collect(suffix: str, content: Content) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        made = content(SOURCES[suffix], rng)
        data = made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")
        (place.files / f"x.{suffix}").write_bytes(data)
        return ("collect", f"x.{suffix}", "--output", "out")

    return make


def _extract(content: Content) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        place.link(bench.corpus / "mixes", "mixes")
        place.link(bench.corpus / "originals", "originals")
        (source,) = (bench.corpus / "tracklists").glob("*.json")
        made = content(source.read_text(encoding="utf-8"), rng)
        folder = place.files / "tracklists"
        folder.mkdir()
        data = made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")
        (folder / source.name).write_bytes(data)
        return (
            *("extract", "--mixes", "mixes", "--tracklists", "tracklists"),
            *("--tracks", "originals", "--output", "out", "--max", "1"),
        )

    return make


def _alignment(content: Content) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        folder = place.link(bench.corpus / "transitions", "transitions")
        (file,) = folder.glob("*/*/alignment.json")
        made = content(file.read_text(encoding="utf-8"), rng)
        file.unlink()
        file.write_bytes(made if isinstance(made, bytes) else made.encode())
        return (
            *("prepare", "--transitions", "transitions", "--output", "out", "--steps", "1"),
            *("--separator", "spectral", "--error-limit", "100"),
        )

    return make


def _mutated(text: str, rng: Random) -> str:
    return mutated_json(json.loads(text), rng)[1]


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    written = Promise(maybe=("out",))
    for name, content in _ANY.items():
        for suffix in SOURCES:
            if rng.random() < 0.55:
                make = _collect(suffix, content)
                yield single("inputs", f"tracklist {suffix} {name}", make, written)
    for name, content in _JSON.items():
        suffix = rng.choice(("json", "json", "jsonl"))
        yield single("inputs", f"tracklist {suffix} {name}", _collect(suffix, content), written)
    for suffix in SOURCES:
        for name in ("flipped", "polluted"):
            change = BYTES[name]
            make = _collect(suffix, lambda text, rng, c=change: c(text.encode(), rng))
            yield single("inputs", f"tracklist {suffix} {name}", make, written)
    for number in range(12):
        yield single("inputs", f"tracklist extract {number:02d}", _extract(_mutated), written)
    for name in ("empty", "byte order mark", "UTF-16"):
        make = _extract(_ANY[name])
        yield single("inputs", f"tracklist extract {name}", make, written)
    for number in range(10):
        make = _alignment(_mutated)
        yield single("inputs", f"tracklist alignment {number:02d}", make, written)
