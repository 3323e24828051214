"""Families of cases, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from random import Random

from torture.case import Case

#: Modules of a family; each has a function ``cases`` that yields its cases.
FAMILIES: dict[str, tuple[str, ...]] = {
    "inputs": ("audio", "params", "pairs", "models", "tracklists", "plugins", "options", "names"),
    "kills": ("kills",),
    "disk": ("disk",),
    "environment": ("environment", "sharing"),
    "network": ("network",),
}


def cases_of(family: str, seed: int) -> Iterator[Case]:
    """Yield the cases of a family; a seed always gives the same ones."""
    for name in FAMILIES[family]:
        cases: Callable[[Random], Iterator[Case]]
        cases = import_module(f"torture.families.{name}").cases
        yield from cases(Random(f"{seed}/{name}"))
