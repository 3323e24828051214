"""Rules for metrics: declared values, hard cases, repeatability."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

import attrs
import numpy as np
import torch

from djtrans.core.contracts.metric import MetricDeclaration
from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.testing.example_inputs import example_transition
from djtrans.testing.rule import BuildFunction, CheckFailed, require, rule

#: Required endings of the names of values, by unit; other units need not be in the name.
ENDINGS = {
    "%": "percent",
    "bars": "bars",
    "beats": "beats",
    "BPM": "bpm",
    "cents": "cents",
    "dB": "db",
    "dBFS": "dbfs",
    "dBTP": "dbtp",
    "Hz": "hz",
    "LU": "lu",
    "LUFS": "lufs",
    "ms": "ms",
    "s": "seconds",
    "samples": "samples",
    "semitones": "semitones",
    "steps": "steps",
}


def _hard_cases() -> Iterator[tuple[str, MetricInputs]]:
    yield "a silent A", example_transition(silent="a")
    yield "a silent B", example_transition(silent="b")
    yield "silence", example_transition(silent="ab")
    yield "mono", example_transition(channels=1)
    yield "one beat without a margin", example_transition(1, margin_beats=0)
    yield "two beats without a margin", example_transition(2, margin_beats=0)
    yield "two unknown tracks", example_transition(bare=True)


def _compare(first: Mapping[str, object], second: Mapping[str, object], when: str) -> None:
    require(dict(first) == dict(second), f"{dict(first)} became {dict(second)} {when}.")


@rule("metric")
def values_are_those_declared(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """The metric returns exactly its declared values, also where they cannot be measured."""
    declared = sorted(value.name for value in declaration.values)
    for case, inputs in (("the example", example_transition()), *_hard_cases()):
        returned = sorted(build().measure(inputs))
        require(returned == declared, f"for {case} it gives {returned}, and declares {declared}.")


@rule("metric")
def values_are_finite_or_none(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """Every value is a finite number, or None where it cannot be measured."""
    for case, inputs in (("the example", example_transition()), *_hard_cases()):
        for name, value in build().measure(inputs).items():
            finite = isinstance(value, Real) and math.isfinite(value)
            require(value is None or finite, f"for {case} {name} is {value!r}.")


@rule("metric")
def every_transition_is_measured(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """Silence, mono, a single beat and unknown tracks raise no exception."""
    for case, inputs in _hard_cases():
        try:
            build().measure(inputs)
        except Exception as error:
            raise CheckFailed(f"{case} raises {type(error).__name__}: {error}") from error


@rule("metric")
def something_is_measured(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """At least one value of a plain crossfade of two known tracks is not None."""
    values = build().measure(example_transition())
    require(any(value is not None for value in values.values()), "every value is None.")


@rule("metric")
def measuring_repeats(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """Measuring again, with another build or under other seeds, gives the same values."""
    inputs = example_transition()
    state = np.random.get_state()  # noqa: NPY002 -- a plugin may use the global state
    with torch.random.fork_rng():
        try:
            found = []
            for seed in (1, 2):
                torch.manual_seed(seed)
                np.random.seed(seed)  # noqa: NPY002
                found.append(build().measure(example_transition()))
        finally:
            np.random.set_state(state)  # noqa: NPY002
    _compare(found[0], found[1], "in another build")
    metric = build()
    _compare(found[0], metric.measure(inputs), "on a new transition")
    metric.measure(example_transition(4, silent="a"))
    _compare(found[0], metric.measure(inputs), "after another transition")


@rule("metric")
def inputs_are_untouched(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """The audio, the beat times and all other inputs are not modified."""
    inputs, untouched = example_transition(), example_transition()
    build().measure(inputs)
    for name, before in _arrays(untouched).items():
        require(np.array_equal(_arrays(inputs)[name], before), f"{name} was modified.")


@rule("metric")
def names_end_in_the_unit(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """The name of a value in dB, beats or another common unit ends in it: loudness_dip_lu."""
    for value in declaration.values:
        ending = ENDINGS.get(value.unit)
        require(
            ending is None or value.name.endswith(f"_{ending}"),
            f"{value.name} is in {value.unit}; its name must end in _{ending}.",
        )


@rule("metric")
def values_are_explained(declaration: MetricDeclaration, build: BuildFunction) -> None:
    """Every value has a unit (1 for a ratio) and a summary of one line."""
    for value in declaration.values:
        require(bool(value.unit.strip()), f"{value.name} has no unit.")
        summary = value.summary.strip()
        require(
            bool(summary) and "\n" not in summary, f"the summary of {value.name} is {summary!r}."
        )


def _arrays(record: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """Collect the arrays of the inputs, also of nested records, by name."""
    found: dict[str, np.ndarray] = {}
    for field in attrs.fields(type(record)):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            found[prefix + field.name] = value
        elif attrs.has(type(value)):
            found |= _arrays(value, f"{prefix}{field.name}.")
    return found
