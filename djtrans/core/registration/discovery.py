"""Discover installed plugins and collect the components they declare."""

from __future__ import annotations

import importlib.metadata
import reprlib
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import TypeAlias

import attrs
import pluggy

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import PROJECT
from djtrans.core.contracts.kinds import HOOKS
from djtrans.core.errors import PluginError, did_you_mean
from djtrans.core.util.isolation import same_surroundings

#: Namespace of the default plugins.
BUILTIN = "djtrans"
#: Attribute that pluggy sets on a function marked with hookimpl.
_MARK = f"{PROJECT}_impl"


class PluginWarning(UserWarning):
    """A plugin, or part of it, cannot be used."""


@attrs.frozen
class Provider:
    """Plugin that provides a component.

    Attributes
    ----------
    namespace : str
        Name of the plugin's entry point; first half of a qualified name.
    distribution, version : str
        Name and version of the installed package. For a plugin registered at run time the file
        or ``"(run time)"``, and ``""``.
    note : str
        Remark that is not an error, such as a slow import.
    """

    namespace: str
    distribution: str = "(run time)"
    version: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@attrs.frozen
class PluginFailure:
    """Failure of a plugin or of a part of it.

    Attributes
    ----------
    provider : Provider
        The plugin.
    stage : str
        ``"import"``, ``"names"``, ``"blocked"`` or the hook's name.
    message : str
        Cause, on one line.
    """

    provider: Provider
    stage: str
    message: str

    def __str__(self) -> str:
        p = self.provider
        return f"plugin {p.namespace!r} ({p}) failed at {self.stage}: {self.message}"


#: Provider of a plugin, and the function that imports it.
Candidate: TypeAlias = "tuple[Provider, Callable[[], object]]"


def discover(environ: Mapping[str, str]) -> Iterator[Candidate | PluginFailure]:
    """Find the installed plugins without importing them.

    ``DJTRANS_PLUGINS`` and ``DJTRANS_BLOCK`` select among them before any import.

    Parameters
    ----------
    environ : mapping
        Environment in which these variables are looked up.

    Yields
    ------
    Candidate or PluginFailure
        A plugin to import, or the reason why one cannot be used.
    """
    found: dict[str, list[importlib.metadata.EntryPoint]] = {}
    for entry in importlib.metadata.entry_points(group=PROJECT):
        same = found.setdefault(entry.name, [])
        # A distribution that is on the path twice is still one provider.
        if all(_describe(entry) != _describe(other) for other in same):
            same.append(entry)
    selected = _names(environ.get("DJTRANS_PLUGINS"))
    blocked = _names(environ.get("DJTRANS_BLOCK")) or set()
    for name in sorted((selected or set()) - set(found)):
        why = "it is listed in DJTRANS_PLUGINS, but no installed package provides it. "
        missing = Provider(name, "(not installed)")
        yield PluginFailure(missing, "names", why + did_you_mean(name, found))
    for name, entries in sorted(found.items()):
        if name in blocked or (selected is not None and name not in selected):
            continue
        providers = [_describe(entry) for entry in entries]
        if name != BUILTIN and len(entries) == 1:
            yield providers[0], entries[0].load
            continue
        clash = ", ".join(sorted(map(str, providers)))
        taken = "reserved for djtrans itself" if name == BUILTIN else f"claimed by {clash}"
        why = (
            f"the entry-point name {name!r} is {taken}; none of them is used. Uninstall all but "
            "one, or ask an author to rename the entry point."
        )
        for provider in providers:
            yield PluginFailure(provider, "names", why)


def collect(
    manager: pluggy.PluginManager, plugin: object
) -> Iterator[tuple[str, Declaration | BaseException]]:
    """Collect the declarations of one registered plugin, and the errors of its hooks.

    The hooks of each plugin are called separately and their generators exhausted here, because
    one raising implementation would otherwise end the call for every plugin.

    Parameters
    ----------
    manager : PluginManager
        Manager in which the plugin is registered.
    plugin : object
        The plugin.

    Yields
    ------
    hook : str
        Name of the hook.
    found : Declaration or BaseException
        A declaration, or an error.
    """
    for name in _hook_names(plugin):
        if name not in HOOKS:
            yield name, PluginError(f"djtrans has no hook {name!r}. {did_you_mean(name, HOOKS)}")
        elif getattr(getattr(plugin, name), _MARK, None) is None:
            yield name, PluginError("is not marked; put @hookimpl above it, or it is not called.")
    others = [other for other in manager.get_plugins() if other is not plugin]
    for hook, expected in HOOKS.items():
        caller = manager.subset_hook_caller(hook, remove_plugins=others)
        try:
            # pluggy silently drops results that are None, so results are counted.
            with same_surroundings():
                results = caller()
                declarations = [item for result in results for item in result]
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- isolation is the point
            yield hook, error
            continue
        if len(results) < len(caller.get_hookimpls()):
            yield hook, PluginError("returned None; return or yield declarations.")
        for item in declarations:
            if isinstance(item, expected):
                yield hook, item
            else:
                message = f"gave {reprlib.repr(item)}; return {expected.__name__} records."
                yield hook, PluginError(message)


def _hook_names(plugin: object) -> list[str]:
    """List the functions of a plugin that are marked, or named, as hook implementations."""
    names = []
    for name in dir(plugin):
        value = getattr(plugin, name, None)
        named = name.startswith(f"{PROJECT}_") and not isinstance(value, ModuleType)
        if callable(value) and (named or getattr(value, _MARK, None) is not None):
            names.append(name)
    return names


def one_line(error: BaseException) -> str:
    """Format an exception on one line, with its type unless it is a :class:`PluginError`."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _names(text: str | None) -> set[str] | None:
    return None if text is None else {name.strip() for name in text.split(",") if name.strip()}


def _describe(entry: importlib.metadata.EntryPoint) -> Provider:
    if entry.dist is None:
        return Provider(entry.name, entry.value)
    return Provider(entry.name, entry.dist.name, entry.dist.version)
