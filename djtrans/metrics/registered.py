"""Measure transitions with all registered metrics, and list the values that they give."""

from __future__ import annotations

import math
import reprlib
import warnings
from numbers import Integral, Real
from typing import TypeAlias

import attrs

from djtrans.core.contracts.metric import MetricDeclaration, MetricValue
from djtrans.core.registration.catalog import Component
from djtrans.core.registration.discovery import BUILTIN, PluginWarning, one_line
from djtrans.core.transition.metric_inputs import MetricInputs
from djtrans.core.util.isolation import same_surroundings
from djtrans.metrics.transition_metrics import MeasuredValue, TransitionMetrics
from djtrans.registry import Registry, default_registry

_Component: TypeAlias = "Component[MetricDeclaration]"


def measure(inputs: MetricInputs, registry: Registry | None = None) -> TransitionMetrics:
    """Measure a rendered transition with all registered metrics.

    A metric of a plugin that raises, or gives something else than it declares, does not end the
    measurement: its values are None, the reason is in `failures`, and it is warned of once.

    Parameters
    ----------
    inputs : MetricInputs
        The rendered audio, its beat times, and facts about the tracks.
    registry : Registry, optional

    Returns
    -------
    TransitionMetrics
    """
    measured: list[MeasuredValue] = []
    failures: dict[str, str] = {}
    registry = registry or default_registry()
    for component in _components(registry):
        if component.provider.namespace == BUILTIN:
            given = registry.metrics.build_once(component.name).measure(inputs)
            found = {name: _finite(value) for name, value in given.items()}
        else:
            found, failure = _measure_safely(registry, component, inputs)
            if failure:
                failures[component.name] = failure
                _warn(component, failure)
        found_values = (found.get(value.name) for value in component.declaration.values)
        measured += map(MeasuredValue, _values(component), found_values)
    return TransitionMetrics.of(inputs, tuple(measured), failures)


def metric_values(registry: Registry | None = None) -> tuple[MetricValue, ...]:
    """List the values that the registered metrics give.

    Parameters
    ----------
    registry : Registry, optional

    Returns
    -------
    tuple of MetricValue
        Named as in :meth:`TransitionMetrics.values`, in the order of tables: the built-in ones
        first. A value of a plugin has the namespace of the plugin in front.

    Examples
    --------
    >>> from djtrans.metrics import metric_values
    >>> metric_values()[0].name
    'both_audible_beats'
    """
    return tuple(value for component in _components(registry) for value in _values(component))


def metric_versions(registry: Registry | None = None) -> tuple[str, ...]:
    """Identify what the metrics measure: the name of each value, and versions beyond the first.

    Measurements that were stored under equal identifiers need not be made again.
    """
    changed = (c for c in _components(registry) if c.declaration.version > 1)
    return (
        *(value.name for value in metric_values(registry)),
        *(f"{component.name} version {component.declaration.version}" for component in changed),
    )


def _components(registry: Registry | None) -> list[_Component]:
    """Return the built-in metrics in the order of the documentation, then the others by name."""
    declared = (registry or default_registry()).metrics.declared
    builtin = [component for component in declared if component.provider.namespace == BUILTIN]
    others = [component for component in declared if component.provider.namespace != BUILTIN]
    return [*builtin, *sorted(others, key=lambda component: component.name)]


def _values(component: _Component) -> tuple[MetricValue, ...]:
    """Return the declared values under names that are unique among all plugins."""
    namespace = component.provider.namespace
    if namespace == BUILTIN:
        return component.declaration.values
    return tuple(
        attrs.evolve(value, name=f"{namespace}/{value.name}")
        for value in component.declaration.values
    )


def _measure_safely(
    registry: Registry, component: _Component, inputs: MetricInputs
) -> tuple[dict[str, float | None], str]:
    """Return the usable values of a plugin's metric, and the faults of the others."""
    declared = [value.name for value in component.declaration.values]
    try:
        with same_surroundings():
            found = dict(registry.metrics.build_once(component.name).measure(inputs))
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- isolation is the point
        return {}, one_line(error)
    undeclared = [name for name in found if name not in declared]
    wrong = [f"gives {reprlib.repr(name)}, which it does not declare" for name in undeclared]
    values: dict[str, float | None] = {}
    for name in declared:
        if name not in found:
            wrong.append(f"does not give {name!r}")
            continue
        values[name] = _plain_number(found[name])
        if values[name] is None and found[name] is not None:
            given = reprlib.repr(found[name])
            wrong.append(f"gives {name} = {given}; allowed are finite numbers and None")
    return values, "; ".join(wrong)


def _plain_number(value: object) -> float | None:
    """Convert numpy's numbers too, which JSON cannot hold; None for anything else."""
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) and math.isfinite(value) else None


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


# Declarations that were warned of, by identity, since a factory need not be hashable: an evaluation
# of many transitions warns once.
_warned: dict[int, MetricDeclaration] = {}


def _warn(component: _Component, failure: str) -> None:
    declaration = component.declaration
    if id(declaration) not in _warned:
        _warned[id(declaration)] = declaration
        warnings.warn(
            f"The metric {component.name} ({component.provider}) is not measured: {failure}. "
            "Transitions are measured without it; tell its author.",
            PluginWarning,
            stacklevel=3,
        )
