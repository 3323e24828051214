"""Rules for declarations of every kind: summary, config, factory, import cost."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys

import attrs

from djtrans.core.contracts.config import NoConfig, config_from_dict, config_to_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.testing.building import Build, resolve_factory, settings_of
from djtrans.testing.rule import EVERY_KIND, BuildFunction, CheckFailed, require, rule

LONGEST_SUMMARY = 120
#: Maximum CPU time of importing a plugin.
IMPORT_SECONDS = 0.5
#: The first import on a machine writes byte code, so the minimum of several is taken.
ATTEMPTS = 3


@rule(EVERY_KIND)
def summary_is_one_line(declaration: Declaration, build: BuildFunction) -> None:
    """The summary is one line of 1 to 120 characters."""
    summary = declaration.summary
    require(len(summary.splitlines()) == 1, f"it has {len(summary.splitlines())} lines.")
    require(bool(summary.strip()), "it is blank.")
    require(len(summary) <= LONGEST_SUMMARY, f"it has {len(summary)} characters.")


@rule(EVERY_KIND)
def config_round_trips_through_json(declaration: Declaration, build: BuildFunction) -> None:
    """A config written as JSON and read again is the same config."""
    config = settings_of(declaration, build)
    text = json.dumps(config_to_dict(config), allow_nan=False)
    again = config_from_dict(declaration.config, json.loads(text))
    require(again == config, f"{config!r} became {again!r}.")


@rule(EVERY_KIND)
def config_fields_have_help(declaration: Declaration, build: BuildFunction) -> None:
    """Every field of the config is defined with setting() and has a help text."""
    without = [f.name for f in attrs.fields(declaration.config) if not f.metadata.get("help")]
    require(not without, f"{', '.join(without)} of {declaration.config.__name__} lack it.")


@rule(EVERY_KIND)
def config_numbers_have_units(declaration: Declaration, build: BuildFunction) -> None:
    """Every number in the config has a unit, such as 'Hz', 'ratio' or 'count'."""
    config = declaration.config()
    without = [
        f.name
        for f in attrs.fields(declaration.config)
        if _is_number(getattr(config, f.name)) and not f.metadata.get("unit")
    ]
    require(not without, f"{', '.join(without)} of {declaration.config.__name__} lack it.")


@rule(EVERY_KIND)
def factory_resolves(declaration: Declaration, build: BuildFunction) -> None:
    """The factory can be imported by its name and called."""
    resolve_factory(declaration.factory)


@rule(EVERY_KIND, applies=lambda declaration: declaration.contract is not None)
def component_fulfils_its_contract(declaration: Declaration, build: BuildFunction) -> None:
    """The built component has the methods of its contract."""
    contract, built = declaration.contract, build()
    contracts = contract if isinstance(contract, tuple) else (contract,) if contract else ()
    require(
        not contracts or isinstance(built, contracts),
        f"{type(built).__name__} lacks some of {' or '.join(c.__name__ for c in contracts)}.",
    )


@rule(EVERY_KIND, applies=lambda declaration: declaration.lazy)
def listing_is_cheap(declaration: Declaration, build: BuildFunction) -> None:
    """Importing the declaring module loads no torch and takes less than 0.5 s of CPU time."""
    module = _declaring_module(declaration, build)
    seconds, torch = _import_cost(module)
    require(not torch, f"importing {module} imports torch; point at factories by string.")
    require(seconds < IMPORT_SECONDS, f"importing {module} took {seconds:.2f} s.")


def _is_number(value: object) -> bool:
    if isinstance(value, tuple):
        return any(_is_number(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _declaring_module(declaration: Declaration, build: BuildFunction) -> str:
    """Return the module of the plugin if known, else of the config, else the factory's package."""
    if isinstance(build, Build) and build.module:
        return build.module
    if declaration.config is not NoConfig:
        return declaration.config.__module__
    module = str(declaration.factory).partition(":")[0]
    return module.rpartition(".")[0] or module


@functools.cache
def _import_cost(module: str) -> tuple[float, bool]:
    """Return the minimum CPU seconds of an import in a new process, and if it loads torch."""
    script = (
        "import importlib, sys, time; start = time.process_time(); "
        f"importlib.import_module({module!r}); "
        "print(time.process_time() - start, 'torch' in sys.modules)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    best = float("inf")
    torch = False
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CheckFailed(f"{module} cannot be imported in a new process: {last}")
        *_, seconds, loaded = done.stdout.split()
        best, torch = min(best, float(seconds)), loaded == "True"
        if torch or best < IMPORT_SECONDS:
            break
    return best, torch
