"""Seeded mutations of valid files."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

#: Replacements of a value of a JSON document.
REPLACEMENTS: dict[str, Callable[[Any], Any]] = {
    "null": lambda old: None,
    "text": lambda old: "x",
    "number as text": lambda old: str(old),
    "negative": lambda old: -abs(old) - 1 if isinstance(old, int | float) else -1,
    "zero": lambda old: 0,
    "huge": lambda old: 1e308,
    "huge integer": lambda old: 10**30,
    "NaN": lambda old: float("nan"),
    "infinity": lambda old: float("inf"),
    "list": lambda old: [],
    "nested list": lambda old: [[old]],
    "object": lambda old: {},
    "true": lambda old: True,
    "half": lambda old: old + 0.5 if isinstance(old, int | float) else 0.5,
    "path": lambda old: "../../../../etc/passwd",
    "invisible": lambda old: f"\u200b{old}",
}

#: A place in a JSON document: keys and indices.
Path = tuple[Any, ...]


def paths(document: Any, at: Path = ()) -> Iterator[Path]:
    """Yield the places of all values, those of containers included."""
    yield at
    if isinstance(document, dict):
        for key, value in document.items():
            yield from paths(value, (*at, key))
    elif isinstance(document, list):
        for index, value in enumerate(document[:3]):
            yield from paths(value, (*at, index))


def replaced(document: Any, at: Path, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a document with the value at one place changed."""
    if not at:
        return change(document)
    found = copy.deepcopy(document)
    parent = found
    for step in at[:-1]:
        parent = parent[step]
    parent[at[-1]] = change(parent[at[-1]])
    return found


def removed(document: Any, at: Path) -> Any:
    """Return a copy of a document without the value at one place."""
    found = copy.deepcopy(document)
    parent = found
    for step in at[:-1]:
        parent = parent[step]
    del parent[at[-1]]
    return found


def mutated_json(document: Any, rng: Random) -> tuple[str, str]:
    """Change, remove or repeat one value; what was done, and the text."""
    places = [place for place in paths(document) if place]
    # By depth first: most values lie deep, and most checks do not.
    depth = rng.choice(sorted({len(place) for place in places}))
    at = rng.choice([place for place in places if len(place) == depth])
    where = ".".join(map(str, at))
    if rng.random() < 0.2:
        return f"{where} removed", json.dumps(removed(document, at))
    name = rng.choice(sorted(REPLACEMENTS))
    return f"{where} {name}", json.dumps(replaced(document, at, REPLACEMENTS[name]))


def flipped(data: bytes, rng: Random, count: int = 8, stop: int | None = None) -> bytes:
    """Flip bits, of the first `stop` bytes only if it is given."""
    changed = bytearray(data)
    for _ in range(count):
        changed[rng.randrange(min(len(data), stop or len(data)))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncated(data: bytes, rng: Random) -> bytes:
    """Cut the end off."""
    return data[: rng.randrange(1, len(data))]


def zeroed(data: bytes, rng: Random, stop: int = 64) -> bytes:
    """Set some bytes of the header to zero."""
    begin = rng.randrange(4, stop)
    size = rng.choice((1, 2, 4, 8))
    return data[:begin] + bytes(size) + data[begin + size :]


def maximal(data: bytes, rng: Random, stop: int = 64) -> bytes:
    """Set some bytes of the header to their largest value."""
    begin = rng.randrange(4, stop)
    size = rng.choice((1, 2, 4))
    return data[:begin] + b"\xff" * size + data[begin + size :]


def spliced(data: bytes, rng: Random) -> bytes:
    """Repeat, drop or move a block."""
    first, last = sorted(rng.randrange(len(data)) for _ in range(2))
    block = data[first:last]
    return rng.choice((data[:last] + block + data[last:], data[:first] + data[last:], block + data))


def polluted(data: bytes, rng: Random) -> bytes:
    """Overwrite a block with noise."""
    first = rng.randrange(len(data))
    size = min(rng.choice((16, 256, 4096)), len(data) - first)
    return data[:first] + rng.randbytes(size) + data[first + size :]


BYTES: dict[str, Callable[[bytes, Random], bytes]] = {
    "flipped": flipped,
    "header flipped": lambda data, rng: flipped(data, rng, 3, 64),
    "truncated": truncated,
    "zeroed": zeroed,
    "maximal": maximal,
    "spliced": spliced,
    "polluted": polluted,
}
