"""Params files that were edited, damaged or made by others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from torture import corpus
from torture.bench import Bench, Place, single
from torture.case import Argument, Case
from torture.judge import Promise
from torture.mutation import BYTES, mutated_json

_COUNT = 70
#: Commands that read a params file, with their promises.
COMMANDS: dict[str, tuple[tuple[Argument, ...], Promise]] = {
    "render": (
        ("render", "x.json", "a.wav", "b.wav", "-o", "out.wav", "--device", "cpu"),
        Promise(outputs=("out.wav",)),
    ),
    "visualize": (
        ("visualize", "x.json", "-o", "out.png", "--summary", "out.md"),
        Promise(outputs=("out.png", "out.md")),
    ),
    "evaluate": (
        ("evaluate", "x.json", "a.wav", "b.wav", "--json"),
        Promise(json=True),
    ),
    "fit": (
        (
            *("fit", "mix.wav", "a.wav", "b.wav", "--plan", "x.json", "-o", "out.json"),
            *("--separator", "spectral", "--steps", "1", "--device", "cpu"),
        ),
        Promise(outputs=("out.json",)),
    ),
}
Content = Callable[[str, Random], "str | bytes"]


def document(bench: Bench) -> Any:
    """Return the valid params file."""
    return json.loads((bench.corpus / "params.json").read_text(encoding="utf-8"))


def _case(name: str, command: str, content: Content, expected: str = "either") -> Case:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        if command == "fit":
            place.link(bench.corpus / "mix.wav", "mix.wav")
        text = (bench.corpus / "params.json").read_text(encoding="utf-8")
        made = content(text, rng)
        data = made.encode() if isinstance(made, str) else made
        (place.files / "x.json").write_bytes(data)
        return COMMANDS[command][0]

    outputs = COMMANDS[command][1]
    promise = Promise(outputs=outputs.outputs, json=outputs.json, expected=expected)
    return single("inputs", f"params {command} {name}", make, promise)


def _mutated(text: str, rng: Random) -> str:
    return mutated_json(json.loads(text), rng)[1]


def _edited(change: Callable[[Any], Any]) -> Content:
    def content(text: str, rng: Random) -> str:
        found = json.loads(text)
        return json.dumps(change(found) or found)

    return content


def _integers(text: str, rng: Random) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return json.dumps(plain(json.loads(text)))


def _reordered(text: str, rng: Random) -> str:
    found = json.loads(text)
    keys = list(found)
    rng.shuffle(keys)
    return json.dumps({key: found[key] for key in keys})


def _repeated(text: str, rng: Random) -> str:
    return text.replace('"format"', '"format": "x", "format"', 1)


def _stretched(found: Any) -> None:
    found["plan"]["beat_times"] = [t * 1e6 for t in found["plan"]["beat_times"]]


def _reversed_beats(found: Any) -> None:
    found["plan"]["beat_times"].reverse()


def _span(start: int, stop: int) -> Callable[[Any], None]:
    def change(found: Any) -> None:
        found["render"]["start"], found["render"]["stop"] = start, stop

    return change


def _render(**fields: Any) -> Callable[[Any], None]:
    return lambda found: found["render"].update(fields)


def _named(name: str) -> Callable[[Any], None]:
    def change(found: Any) -> None:
        for track in found["tracks"].values():
            track["name"] = name

    return change


#: Files by name: the content, and the expected result.
_SPECIAL: dict[str, tuple[Content, str]] = {
    "unchanged": (lambda text, rng: text, "success"),
    "integers": (_integers, "success"),
    "reordered": (_reordered, "success"),
    "byte order mark": (lambda text, rng: b"\xef\xbb\xbf" + text.encode(), "success"),
    "UTF-16": (lambda text, rng: text.encode("utf-16"), "either"),
    "latin-1": (lambda text, rng: text.replace("a.wav", "ä.wav").encode("latin-1"), "refused"),
    "line ends": (lambda text, rng: text.replace("\n", "\r\n"), "success"),
    "twice": (lambda text, rng: text + text, "refused"),
    "repeated key": (_repeated, "either"),
    "comment": (lambda text, rng: "// mine\n" + text, "refused"),
    "empty": (lambda text, rng: "", "refused"),
    "null": (lambda text, rng: "null", "refused"),
    "number": (lambda text, rng: "1", "refused"),
    "list": (lambda text, rng: "[]", "refused"),
    "deep list": (lambda text, rng: "[" * 100_000 + "]" * 100_000, "refused"),
    "deep object": (lambda text, rng: '{"a":' * 100_000 + "1" + "}" * 100_000, "refused"),
    "deep value": (
        lambda text, rng: text.replace('"plan": {', f'"plan": {"[" * 990 + "]" * 990}, "x": {{'),
        "refused",
    ),
    "long number": (lambda text, rng: text.replace('"seed": 0', '"seed": ' + "9" * 5000), "either"),
    "exponent": (lambda text, rng: text.replace('"seed": 0', '"seed": 1e400'), "refused"),
    "large": (lambda text, rng: text + " " * 50_000_000, "either"),
    "many rows": (_edited(lambda d: d.update(values=d["values"] * 5000)), "refused"),
    "no rows": (_edited(lambda d: d.update(values=[])), "refused"),
    "ragged rows": (_edited(lambda d: d["values"][1].pop() and None), "refused"),
    "no layout": (_edited(lambda d: d.update(layout=[])), "refused"),
    "reversed beats": (_edited(_reversed_beats), "refused"),
    "slow beats": (_edited(_stretched), "refused"),
    "empty span": (_edited(_span(0, 0)), "refused"),
    "reversed span": (_edited(_span(1000, -1000)), "refused"),
    "huge span": (_edited(_span(-(10**12), 10**12)), "refused"),
    "far span": (_edited(_span(10**9, 10**9 + 1000)), "either"),
    "sample rate 0": (_edited(_render(sample_rate=0)), "refused"),
    "sample rate 1": (_edited(_render(sample_rate=1)), "either"),
    "sample rate huge": (_edited(_render(sample_rate=2**40)), "refused"),
    "no channels": (_edited(_render(channels=0)), "refused"),
    "many channels": (_edited(_render(channels=10**6)), "refused"),
    "huge seed": (_edited(_render(seed=2**70)), "either"),
    "newer": (_edited(lambda d: d.update(format_version=2)), "refused"),
    "true version": (_edited(lambda d: d.update(format_version=True)), "either"),
    "mathematics in names": (_edited(_named("$\\frac{")), "success"),
    "control characters in names": (_edited(_named("\x1b[31m\x00\n")), "either"),
    "right to left names": (_edited(_named("\u202eabc\u0645")), "success"),
    "traversal in names": (_edited(_named("../../../etc/passwd")), "either"),
    "lone surrogate": (_edited(_named("\ud800")), "either"),
}


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    names = list(COMMANDS)
    for name, (content, expected) in _SPECIAL.items():
        for command in ("render", "visualize"):
            plain = name in ("mathematics in names",) and command == "render"
            yield _case(name, command, content, "either" if plain else expected)
    for number in range(_COUNT):
        yield _case(f"mutation {number:02d}", names[number % 2 or rng.randrange(4)], _mutated)
    for name, change in BYTES.items():
        yield _case(f"bytes {name}", rng.choice(names), lambda t, r, c=change: c(t.encode(), r))
