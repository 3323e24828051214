"""Finds the plugins that are installed, and decides which of them to import."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import attrs

from djtrans.core.errors import PluginError, did_you_mean
from djtrans.core.hookspecs import PROJECT

#: Namespace of the default plugins.
BUILTIN = "djtrans"


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
        The installed package, or ``"(run time)"`` and ``""`` for a plugin registered by hand.
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
