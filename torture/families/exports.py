"""Exports of damaged params files, and edits from damaged tables of curves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random

from djtrans.core.curves.curves_csv import write_curves_csv
from djtrans.core.transition.params_file import load_params
from torture import corpus
from torture.bench import Bench, Place, single
from torture.case import Argument, Case
from torture.judge import Promise
from torture.mutation import BYTES, mutated_json

#: Formats that render nothing, and their outputs.
_FORMATS = {"csv": "out.csv", "cue": "out.cue", "midi": "out.mid"}
_COUNT = 4
#: Tables by name: the content, and the expected result.
_TABLES: dict[str, tuple[Callable[[str], str], str]] = {
    "unchanged": (lambda text: text, "success"),
    "line ends": (lambda text: text.replace("\n", "\r\n"), "success"),
    "byte order mark": (lambda text: "\ufeff" + text, "success"),
    "semicolons": (lambda text: text.replace(",", ";"), "success"),
    "empty": (lambda text: "", "refused"),
    "header only": (lambda text: text.splitlines()[0], "refused"),
    "no last row": (lambda text: "\n".join(text.splitlines()[:-1]), "refused"),
    "rows twice": (lambda text: text + text.partition("\n")[2], "refused"),
    "quote that is not closed": (lambda text: text.replace("\n0,", '\n"0,', 1), "refused"),
    "infinite": (lambda text: text.replace(",1.0", ",inf"), "refused"),
    "long number": (lambda text: text.replace(",1.0", "," + "9" * 5000), "refused"),
    "zero bytes": (lambda text: text.replace(",1.0", ",\0"), "refused"),
    "long field": (lambda text: text.replace(",1.0", "," + "1" * 200_000, 1), "refused"),
}


def _export(name: str, kind: str, change: Callable[[bytes, Random], bytes]) -> Case:
    output = _FORMATS[kind]

    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        data = (bench.corpus / "params.json").read_bytes()
        (place.files / "x.json").write_bytes(change(data, rng))
        return ("export-as", kind, "x.json", "-o", output)

    return single("inputs", f"export {kind} {name}", make, Promise(outputs=(output,)))


def _edit(name: str, change: Callable[[bytes, Random], bytes], expected: str = "either") -> Case:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        place.link(bench.corpus / "params.json", "x.json")
        table = place.files / "x.csv"
        write_curves_csv(table, load_params(bench.corpus / "params.json").params)
        table.write_bytes(change(table.read_bytes(), rng))
        return ("edit", "x.json", "--curves", "x.csv", "-o", "out.json")

    promise = Promise(outputs=("out.json",), expected=expected)
    return single("inputs", f"edit {name}", make, promise)


def _mutated(data: bytes, rng: Random) -> bytes:
    return mutated_json(json.loads(data), rng)[1].encode()


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for kind in _FORMATS:
        for number in range(_COUNT):
            yield _export(f"mutation {number:02d}", kind, _mutated)
    for name, (change, expected) in _TABLES.items():
        yield _edit(name, lambda data, _, c=change: c(data.decode()).encode(), expected)
    for name, change in BYTES.items():
        yield _export(f"bytes {name}", rng.choice(list(_FORMATS)), change)
        yield _edit(f"bytes {name}", change)
