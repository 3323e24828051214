"""Finds the plugins that are installed, decides which to import, and collects what they declare."""

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

#: Namespace of the default plugins.
BUILTIN = "djtrans"
#: What pluggy leaves on a function that is marked with hookimpl.
_MARK = f"{PROJECT}_impl"


class PluginWarning(UserWarning):
    """A plugin could not be used, wholly or in part."""


@attrs.frozen
class Provider:
    """Who provides a component.

    Attributes
    ----------
    namespace : str
        Name of the plugin's entry point; first half of a qualified name.
    distribution, version : str
        The installed package; the file, or ``"(run time)"``, and ``""`` for a plugin registered by
        hand.
    note : str
        What is odd about it without being wrong, such as a slow import.
    """

    namespace: str
    distribution: str = "(run time)"
    version: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip()


@attrs.frozen
class PluginFailure:
    """A plugin, or a part of one, that cannot be used.

    Attributes
    ----------
    provider : Provider
    stage : str
        ``"import"``, ``"names"``, ``"blocked"`` or the hook's name.
    message : str
        One line.
    """

    provider: Provider
    stage: str
    message: str

    def __str__(self) -> str:
        p = self.provider
        return f"plugin {p.namespace!r} ({p}) failed at {self.stage}: {self.message}"


#: A plugin that may be imported, by calling the second.
Candidate: TypeAlias = "tuple[Provider, Callable[[], object]]"


def discover(environ: Mapping[str, str]) -> Iterator[Candidate | PluginFailure]:
    """The installed plugins that may be imported, and what keeps others from it.

    Nothing is imported here: ``DJTRANS_PLUGINS`` and ``DJTRANS_BLOCK`` decide before that.

    Parameters
    ----------
    environ : mapping
        Where these variables are read.

    Yields
    ------
    Candidate or PluginFailure
    """
    found: dict[str, list[importlib.metadata.EntryPoint]] = {}
    for entry in importlib.metadata.entry_points(group=PROJECT):
        same = found.setdefault(entry.name, [])
        # A distribution that is on the path twice is still one provider.
        if all(_describe(entry) != _describe(other) for other in same):
            same.append(entry)
    wanted = _names(environ.get("DJTRANS_PLUGINS"))
    blocked = _names(environ.get("DJTRANS_BLOCK")) or set()
    for name in sorted((wanted or set()) - set(found)):
        why = "DJTRANS_PLUGINS names it, but no installed package provides it. "
        missing = Provider(name, "(not installed)")
        yield PluginFailure(missing, "names", why + did_you_mean(name, found))
    for name, entries in sorted(found.items()):
        if name in blocked or (wanted is not None and name not in wanted):
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
    """What a registered plugin declares, and what is wrong with the rest of it.

    It is called alone, and its generators are run to their end here: one raising implementation
    would otherwise end the call for every plugin.

    Parameters
    ----------
    manager : PluginManager
    plugin : object

    Yields
    ------
    hook : str
    found : Declaration or BaseException
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
            # Of implementations that return None pluggy says nothing, so they are counted.
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
                said = f"gave {reprlib.repr(item)}; this hook takes {expected.__name__} records."
                yield hook, PluginError(said)


def _hook_names(plugin: object) -> list[str]:
    """Functions of a plugin that are marked, or named, as hook implementations."""
    names = []
    for name in dir(plugin):
        value = getattr(plugin, name, None)
        named = name.startswith(f"{PROJECT}_") and not isinstance(value, ModuleType)
        if callable(value) and (named or getattr(value, _MARK, None) is not None):
            names.append(name)
    return names


def one_line(error: BaseException) -> str:
    """What an exception says, on one line, with its type where it is not one of ours."""
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
