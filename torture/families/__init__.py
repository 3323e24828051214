"""Families of cases, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from random import Random

from torture.case import Case

#: Modules of a family; each has a function ``cases`` that yields its cases.
FAMILIES: dict[str, tuple[str, ...]] = {
    "inputs": (
        *("audio", "params", "exports", "pairs", "models", "tracklists", "plugins", "options"),
        "names",
    ),
    "kills": ("kills",),
    "disk": ("disk",),
    "environment": ("environment", "sharing"),
    "network": ("network",),
}
#: Family of the cases that `make test` runs.
SHORT = "short"
#: Cases of it: cheap ones that need only tracks and a params file, one of each kind.
_SHORT = (
    "inputs/audio wav truncated",
    "inputs/audio flac header flipped",
    "inputs/audio signal NaN",
    "inputs/audio rate 1",
    "inputs/audio file noise as ogg",
    "inputs/audio file claims 4 GB",
    "inputs/params render deep object",
    "inputs/params render empty span",
    "inputs/params render huge span",
    "inputs/params visualize integers",
    "inputs/params visualize long number",
    "inputs/params render mutation 00",
    "inputs/list NaN cue",
    "inputs/tracklist json deep list",
    "inputs/tracklist json number",
    "inputs/plugin file plugins exits",
    "inputs/plugin file layout hook returns text",
    "inputs/name analyze no UTF-8",
    "kills/cache SIGINT 0",
    "kills/cache SIGKILL 0",
    "environment/stdin file stdout full layout",
    "environment/folder is gone help",
)


def cases_of(family: str, seed: int) -> Iterator[Case]:
    """Yield the cases of a family; a seed always gives the same ones."""
    if family == SHORT:
        every = {case.key: case for name in FAMILIES for case in cases_of(name, seed)}
        yield from (every[key] for key in _SHORT)
        return
    for name in FAMILIES[family]:
        cases: Callable[[Random], Iterator[Case]]
        cases = import_module(f"torture.families.{name}").cases
        yield from cases(Random(f"{seed}/{name}"))
