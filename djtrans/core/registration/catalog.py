"""Components by kind and name, and what a name means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import attrs

from djtrans.core.contracts.declarations import KINDS, Declaration
from djtrans.core.errors import (
    AmbiguousNameError,
    InputError,
    PluginError,
    UnknownComponentError,
    did_you_mean,
)
from djtrans.core.registration.discovery import BUILTIN, PluginFailure, Provider


@attrs.frozen
class Component:
    """A declared component and who provides it."""

    declaration: Declaration
    provider: Provider

    @property
    def name(self) -> str:
        """Qualified name, ``namespace/name``."""
        return f"{self.provider.namespace}/{self.declaration.name}"


class Catalogue:
    """Components under their qualified names, ``namespace/name``.

    Attributes
    ----------
    failures : list of PluginFailure
        What could not be used, and why.
    """

    def __init__(self) -> None:
        self._components: dict[str, dict[str, Component]] = {kind: {} for kind in KINDS}
        self.failures: list[PluginFailure] = []

    def add(self, component: Component) -> None:
        """Enter a component.

        Raises
        ------
        PluginError
            If its provider has one of this kind and name already.
        """
        declaration = component.declaration
        known = self._components[declaration.kind]
        if component.name in known:
            raise PluginError(f"declares the {declaration.kind} {declaration.name!r} twice.")
        known[component.name] = component

    def forget(self, namespace: str) -> None:
        """Strike out all components of a plugin."""
        for known in self._components.values():
            for name in [n for n, c in known.items() if c.provider.namespace == namespace]:
                del known[name]

    @property
    def namespaces(self) -> set[str]:
        """Those of all components."""
        return {c.provider.namespace for kind in KINDS for c in self.components(kind)}

    def components(self, kind: str) -> tuple[Component, ...]:
        """All components of a kind: the built-ins first, then by qualified name."""
        known = self._of_kind(kind).values()
        return tuple(sorted(known, key=lambda c: (c.provider.namespace != BUILTIN, c.name)))

    def find(self, kind: str, name: str) -> Component:
        """The component that a name means.

        Parameters
        ----------
        kind : str
            One of :data:`djtrans.core.contracts.declarations.KINDS`.
        name : str
            Qualified (``acme/flanger``), or short: the built-in first, else the only provider.

        Raises
        ------
        UnknownComponentError
            If there is none; the message names close matches.
        AmbiguousNameError
            If several plugins provide the short name.
        """
        known = self._of_kind(kind)
        qualified = name if "/" in name else f"{BUILTIN}/{name}"
        if qualified in known:
            return known[qualified]
        providers = [c for c in self.components(kind) if c.declaration.name == name]
        if len(providers) > 1:
            names = ", ".join(c.name for c in providers)
            raise AmbiguousNameError(
                f"The {kind} {name!r} is provided by several plugins: {names}. Give one of these."
            )
        if providers:
            return providers[0]
        hint = self._hint(name, self.components(kind))
        raise UnknownComponentError(f"There is no {kind} {name!r}. {hint}")

    def find_any(self, name: str, kind: str | None = None) -> Component:
        """The component that a name means, of whatever kind.

        Parameters
        ----------
        name : str
            Qualified or short, see :meth:`find`.
        kind : str, optional
            Look among this kind only.

        Raises
        ------
        UnknownComponentError
            If there is none; the message names close matches.
        AmbiguousNameError
            If several kinds have a component of that name, or several plugins provide it.
        """
        if kind is not None:
            return self.find(kind, name)
        found = []
        for each in KINDS:
            try:
                found.append(self.find(each, name))
            except UnknownComponentError:
                continue
        if len(found) > 1:
            meant = " and ".join(f"the {c.declaration.kind} {c.name}" for c in found)
            raise AmbiguousNameError(
                f"{name!r} means {meant}; say which with its kind (--kind "
                f"{found[0].declaration.kind})."
            )
        if not found:
            hint = self._hint(name, [c for each in KINDS for c in self.components(each)])
            raise UnknownComponentError(f"There is no component {name!r}. {hint}")
        return found[0]

    def _hint(self, name: str, among: Iterable[Component]) -> str:
        namespace = name.partition("/")[0] if "/" in name else ""
        failed = [f for f in self.failures if f.provider.namespace == namespace]
        if failed:
            return f"Its {failed[0]}"
        if namespace and namespace not in self.namespaces:
            return f"Install the package that provides the plugin {namespace!r}."
        names = {c.name if namespace else c.declaration.name for c in among}
        return did_you_mean(name, names)

    def _of_kind(self, kind: str) -> dict[str, Component]:
        if kind not in self._components:
            raise InputError(f"There is no kind {kind!r} of component. {did_you_mean(kind, KINDS)}")
        return self._components[kind]

    @contextmanager
    def override(self, kind: str, name: str, declaration: Declaration) -> Iterator[None]:
        """Let a name mean another declaration within a ``with`` block.

        Parameters
        ----------
        kind, name : str
            The component to replace, which must exist.
        declaration : Declaration
            What takes its place, under the same qualified name.

        Examples
        --------
        >>> from djtrans.registry import default_registry
        >>> registry = default_registry()
        >>> fade = registry.find("technique", "fade").declaration
        >>> with registry.override("technique", "cut", fade):
        ...     registry.find("technique", "cut").declaration.name
        'fade'
        """
        component = self.find(kind, name)
        if not isinstance(declaration, KINDS[kind]):
            raise InputError(
                f"override of a {kind} takes a {KINDS[kind].__name__}, got "
                f"{type(declaration).__name__}."
            )
        known, key = self._components[kind], component.name
        known[key] = attrs.evolve(component, declaration=declaration)
        try:
            yield
        finally:
            known[key] = component
