"""Registered components by kind and name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

import attrs

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.errors import (
    AmbiguousNameError,
    InputError,
    PluginError,
    UnknownComponentError,
    did_you_mean,
)
from djtrans.core.registration.discovery import BUILTIN, PluginFailure, Provider, one_line
from djtrans.core.util.isolation import isolated

D = TypeVar("D", bound=Declaration)
C = TypeVar("C")


@attrs.frozen
class Component(Generic[D]):
    """A declared component and its provider.

    Attributes
    ----------
    declaration : Declaration
        What the plugin declared: name, config, factory and so on.
    provider : Provider
        The plugin.
    """

    declaration: D
    provider: Provider

    @property
    def name(self) -> str:
        """Qualified name, ``namespace/name``."""
        return f"{self.provider.namespace}/{self.declaration.name}"

    @property
    def versioned_name(self) -> str:
        """Qualified name with the version, such as ``djtrans/audio@2``."""
        return f"{self.name}@{self.declaration.version}"

    def import_factory(self) -> Callable[[Any], Any]:
        """Import the declared factory.

        Raises
        ------
        PluginError
            If it cannot be imported.
        """
        return self.import_declared(self.declaration.factory)

    def import_declared(self, factory: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Import a factory that the declaration gives as ``"package.module:name"``.

        Raises
        ------
        PluginError
            If there is nothing to import at the declared place.
        """
        if not isinstance(factory, str):
            return factory
        module_name, _, attribute = factory.partition(":")
        try:
            imported: Any = importlib.import_module(module_name)
            for name in attribute.split("."):
                imported = getattr(imported, name)
        except (ImportError, AttributeError) as error:
            raise PluginError(
                f"{self.name} ({self.provider}) declares the factory {factory!r}, which cannot be "
                f"imported: {one_line(error)}. Reinstall the package, or report it to its author."
            ) from error
        return cast("Callable[[Any], Any]", imported)


class Kind(Generic[D, C]):
    """The registered components of one kind.

    Iteration yields the built-in components first, then the others by qualified name. A plugin may
    declare a component in several versions: the newest is used, and an earlier one where its
    version is part of the name, ``audio@2``, as for a model that was trained with it.

    Parameters
    ----------
    declaration : type
        Declaration class of the kind.
    failures : list of PluginFailure
        Failures of the registry, quoted in errors about components that are missing because of
        them.

    Examples
    --------
    >>> import djtrans
    >>> registry = djtrans.default_registry()
    >>> registry.schedulers.find("flow").name
    'djtrans/flow'
    >>> len(registry.schedulers.build("flow", {"order": 1}).levels(10))
    11
    """

    def __init__(self, declaration: type[D], failures: list[PluginFailure]) -> None:
        self.declaration = declaration
        self._failures = failures
        self._components: dict[str, Component[D]] = {}
        self._versions: dict[str, dict[int, Component[D]]] = {}
        self._built: dict[str, tuple[D, C]] = {}

    @property
    def name(self) -> str:
        """Singular name of the kind, such as ``"separator"``."""
        return self.declaration.kind

    def __iter__(self) -> Iterator[Component[D]]:
        known = self._components.values()
        return iter(sorted(known, key=lambda c: (c.provider.namespace != BUILTIN, c.name)))

    @property
    def declared(self) -> tuple[Component[D], ...]:
        """The components in the order in which they were declared, the built-in ones first."""
        return tuple(self._components.values())

    @property
    def namespaces(self) -> set[str]:
        """Namespaces of the plugins that provide a component of this kind."""
        return {component.provider.namespace for component in self._components.values()}

    def add(self, component: Component[D]) -> None:
        """Register a component.

        Raises
        ------
        PluginError
            If its provider has registered another under the same name and version.
        """
        versions = self._versions.setdefault(component.name, {})
        version = component.declaration.version
        if version in versions:
            name = component.declaration.name
            raise PluginError(f"declares the {self.name} {name!r} twice.")
        versions[version] = component
        self._components[component.name] = versions[max(versions)]

    def remove(self, namespace: str) -> None:
        """Remove all components of a plugin."""
        for name in [n for n, c in self._components.items() if c.provider.namespace == namespace]:
            del self._components[name], self._versions[name]
            self._built.pop(name, None)

    def find(self, name: str) -> Component[D]:
        """Resolve a name to a component.

        Parameters
        ----------
        name : str
            Qualified (``acme/flanger``), or short: the built-in first, else the only provider.
            Either with a version, ``acme/flanger@2``, or for the newest.

        Raises
        ------
        UnknownComponentError
            If there is no such component; the message suggests close matches.
        AmbiguousNameError
            If several plugins provide the short name.
        """
        plain, at, wanted = name.partition("@")
        newest = self._find_newest(plain)
        if not at:
            return newest
        versions = self._versions[newest.name]
        for version, component in versions.items():
            if wanted == str(version):
                return component
        installed = " and ".join(map(str, sorted(versions)))
        raise UnknownComponentError(
            f"There is no version {wanted} of the {self.name} {newest.name}; installed is "
            f"{installed}."
        )

    def _find_newest(self, name: str) -> Component[D]:
        qualified = name if "/" in name else f"{BUILTIN}/{name}"
        if qualified in self._components:
            return self._components[qualified]
        providers = [c for c in self if c.declaration.name == name]
        if len(providers) > 1:
            names = ", ".join(c.name for c in providers)
            raise AmbiguousNameError(
                f"The {self.name} {name!r} is provided by several plugins: {names}. Give one of "
                "these."
            )
        if providers:
            return providers[0]
        hint = unknown_name_hint(name, self, self._failures)
        raise UnknownComponentError(f"There is no {self.name} {name!r}. {hint}")

    def build(self, name: str, config: Mapping[str, Any] | None = None) -> C:
        """Build a component.

        Parameters
        ----------
        name : str
            See :meth:`find`.
        config : mapping, optional
            Fields of its config; the others have their defaults.

        Raises
        ------
        ConfigError
            If a field is unknown or out of range.
        PluginError
            If its factory cannot be imported.
        """
        component = self.find(name)
        settings = config_from_dict(component.declaration.config, config or {})
        with isolated(f"{self.name.capitalize()} {component.name!r}"):
            built: C = component.import_factory()(settings)
        return built

    def build_once(self, name: str) -> C:
        """Return a component under its default config, the same one each time.

        For components without state that are slow to build and used many times.

        Parameters
        ----------
        name : str
            See :meth:`find`.

        Raises
        ------
        PluginError
            If its factory cannot be imported.
        """
        component = self.find(name)
        before = self._built.get(component.name)
        if before is not None and before[0] is component.declaration:
            return before[1]
        built = self.build(component.name)
        self._built[component.name] = component.declaration, built
        return built

    @contextmanager
    def override(self, name: str, declaration: D) -> Iterator[None]:
        """Replace a component within a ``with`` block.

        Parameters
        ----------
        name : str
            Name of the component to replace, see :meth:`find`.
        declaration : Declaration
            Declaration that replaces it under the same qualified name.

        Examples
        --------
        >>> import djtrans
        >>> techniques = djtrans.default_registry().techniques
        >>> fade = techniques.find("fade").declaration
        >>> with techniques.override("cut", fade):
        ...     techniques.find("cut").declaration.name
        'fade'
        """
        component = self.find(name)
        if not isinstance(declaration, self.declaration):
            raise InputError(
                f"Cannot override the {self.name} {component.name} by a "
                f"{type(declaration).__name__}; give a {self.declaration.__name__}."
            )
        replaced = attrs.evolve(component, declaration=declaration)
        versions = self._versions[component.name]
        others = {v: c for v, c in versions.items() if c is not component}
        newest = self._components[component.name]
        self._components[component.name] = replaced if component is newest else newest
        self._versions[component.name] = {**others, declaration.version: replaced}
        try:
            yield
        finally:
            self._components[component.name] = newest
            self._versions[component.name] = versions


def unknown_name_hint(
    name: str, components: Iterable[Component[Any]], failures: Iterable[PluginFailure]
) -> str:
    """Explain an unknown component name: by a plugin's failure, or by suggesting close matches."""
    known = list(components)
    namespace = name.partition("/")[0] if "/" in name else ""
    failed = [failure for failure in failures if failure.provider.namespace == namespace]
    if failed:
        return f"Its {failed[0]}"
    if namespace and namespace not in {component.provider.namespace for component in known}:
        return f"Install the package that provides the plugin {namespace!r}."
    return did_you_mean(name, {c.name if namespace else c.declaration.name for c in known})
