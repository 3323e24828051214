"""Describe a component from its declaration, without importing its implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from djtrans.cli.tables import table_lines
from djtrans.core.contracts.config import config_fields
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.metric import MetricDeclaration
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.registration.catalog import Component
from djtrans.registry import Registry

#: Fields with an entry of their own, so not listed among the facts of the kind.
_ELSEWHERE = {*(field.name for field in attrs.fields(Declaration)), "parameters", "values"}


def describe(component: Component[Any], registry: Registry) -> dict[str, Any]:
    """Describe a component as a JSON-compatible dict.

    Parameters
    ----------
    component : Component[Any]
        Component to describe.
    registry : Registry
        Registry that contains the effects of a mixer.

    Returns
    -------
    dict
        Name, kind, summary, provider, version, factory, references, the facts of its kind and the
        fields of its config; also the parameters of an effect, the nodes of a mixer, the values of
        a metric.
    """
    declaration, provider = component.declaration, component.provider
    known: dict[str, Any] = {
        "name": component.name,
        "kind": declaration.kind,
        "summary": declaration.summary,
        "provider": str(provider),
        "note": provider.note,
        "version": declaration.version,
        "factory": _plain(declaration.factory),
        "lazy": declaration.lazy,
        "references": list(declaration.references),
        "facts": {
            field.name: _plain(getattr(declaration, field.name))
            for field in attrs.fields(type(declaration))
            if field.name not in _ELSEWHERE
        },
        "config": config_fields(declaration.config),
    }
    if isinstance(declaration, EffectDeclaration):
        parameters = declaration.parameters_of(declaration.config())
        known["parameters"] = [attrs.asdict(parameter) for parameter in parameters]
    if isinstance(declaration, MetricDeclaration):
        known["values"] = [attrs.asdict(value) for value in declaration.values]
    if isinstance(declaration, MixerDeclaration):
        known["nodes"] = [
            {"chain": placement, "id": node.id, "effect": node.effect}
            for placement, chain in registry.mixers.build(component.name).chains()
            for node in chain
        ]
    return known


def component_lines(known: Mapping[str, Any]) -> list[str]:
    """Format the result of :func:`describe` as lines for a terminal."""
    facts = [
        ("kind", known["kind"]),
        ("provider", known["provider"]),
        ("version", str(known["version"])),
        ("factory", known["factory"] + ("" if known["lazy"] else " (not lazy)")),
        *((name.replace("_", " "), _text(value)) for name, value in known["facts"].items()),
        *(("reference", reference) for reference in known["references"]),
    ]
    if known["note"]:
        facts.append(("note", known["note"]))
    lines = [known["name"], known["summary"], "", *table_lines(facts), ""]
    settings = [
        (f["name"], _text(f["default"]), f["unit"], _allowed(f), f["help"]) for f in known["config"]
    ]
    lines += _section("config", ("default", "unit", "allowed", ""), settings)
    parameters = [
        (
            p["name"],
            f"{p['minimum']:g} to {p['maximum']:g}",
            f"{p['neutral']:g}",
            p["unit"],
            p["curve"],
            p["edge"],
            p["summary"],
        )
        for p in known.get("parameters", ())
    ]
    if "parameters" in known:
        head = ("range", "neutral", "unit", "curve", "edge", "")
        lines += ["", *_section("parameter", head, parameters)]
    if "values" in known:
        values = [(v["name"], v["unit"], v["better"], v["summary"]) for v in known["values"]]
        lines += ["", *_section("value", ("unit", "better", ""), values)]
    if "nodes" in known:
        nodes = [(n["id"], n["chain"], n["effect"]) for n in known["nodes"]]
        lines += ["", *_section("node", ("chain", "effect"), nodes)]
    return lines


def _section(name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return table_lines(rows, (name, *header)) if rows else [f"{name}: none"]


def _allowed(field: Mapping[str, Any]) -> str:
    if field["choices"] is not None:
        return _text(field["choices"])
    low, high = field["minimum"], field["maximum"]
    if low is None and high is None:
        return "any value"
    if high is None:
        return f"at least {low:g}"
    return f"at most {high:g}" if low is None else f"{low:g} to {high:g}"


def _plain(value: Any) -> Any:
    """Convert a fact of a declaration to JSON types; a function becomes its name."""
    if attrs.has(type(value)):
        fields = {name: _plain(part) for name, part in attrs.asdict(value, recurse=False).items()}
        return {"type": type(value).__name__, **fields}
    if callable(value):
        name = getattr(value, "__qualname__", "")
        return f"{value.__module__}:{name}" if name else repr(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        fields = [f"{key} {_text(part)}" for key, part in value.items() if key != "type"]
        return f"{value['type']}: {'; '.join(fields)}" if fields else value["type"]
    if isinstance(value, list | tuple):
        nested = any(isinstance(part, list | tuple) for part in value)
        return (" / " if nested else ", ").join(map(_text, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value) or "empty"
