"""Finds plugins, keeps what they declare, and builds components by name.

Nothing heavy is imported until a component is built: plugins declare factories as strings.
A plugin that fails is recorded and warned of once; everything else goes on working.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import pluggy

from djtrans.core import hookspecs
from djtrans.core.config import config_from_dict
from djtrans.core.declarations import KINDS, Declaration
from djtrans.core.errors import (
    AmbiguousNameError,
    InputError,
    PluginError,
    UnknownComponentError,
    did_you_mean,
)
from djtrans.discovery import (
    BUILTIN,
    PluginFailure,
    PluginWarning,
    Provider,
    collect,
    discover,
    one_line,
)

#: The default plugins go through the same door as all others, as module strings.
BUILTIN_MODULES = tuple(
    f"djtrans.plugins.{room}"
    for room in (
        "separators",
        "analyzers",
        "techniques",
        "effects",
        "mixers",
        "encoders",
        "denoisers",
        "schedulers",
    )
)


@attrs.frozen
class Component:
    """A declared component and who provides it."""

    declaration: Declaration
    provider: Provider

    @property
    def name(self) -> str:
        """Qualified name, ``namespace/name``."""
        return f"{self.provider.namespace}/{self.declaration.name}"


class Registry:
    """All components, by kind and name.

    Parameters
    ----------
    discover : bool
        Whether to load the plugins that are installed (entry-point group ``djtrans``).
    environ : mapping, optional
        Where ``DJTRANS_PLUGINS`` (unset: all; empty: none; else only these, by commas),
        ``DJTRANS_BLOCK`` (never these) and ``DJTRANS_STRICT=1`` (re-raise failures) are read;
        `os.environ` by default.

    Attributes
    ----------
    failures : list of PluginFailure
        What could not be used, and why.
    """

    def __init__(self, *, discover: bool = True, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._strict = self._environ.get("DJTRANS_STRICT", "") not in ("", "0")
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._components: dict[str, dict[str, Component]] = {kind: {} for kind in KINDS}
        self.failures: list[PluginFailure] = []
        builtin = Provider(BUILTIN, BUILTIN, _own_version())
        for module in BUILTIN_MODULES:
            self._load(builtin, functools.partial(importlib.import_module, module))
        if discover:
            self._discover()
        for failure in self.failures:
            warnings.warn(str(failure), PluginWarning, stacklevel=2)

    # -- finding plugins ---------------------------------------------------------------------

    def _discover(self) -> None:
        for found in discover(self._environ):
            if isinstance(found, PluginFailure):
                self._record(found, PluginError(str(found)))
            else:
                self._load(*found)

    def register(self, plugin: object, namespace: str) -> None:
        """Add a plugin at run time: a module or any object with hook implementations.

        Parameters
        ----------
        plugin : object
        namespace : str
            First half of its components' qualified names; one that is not taken.

        Raises
        ------
        PluginError
            If the namespace is taken, or the plugin or any part of it is broken.
        """
        taken = {c.provider.namespace for kind in KINDS for c in self.components(kind)}
        if namespace in taken:
            raise PluginError(
                f"The namespace {namespace!r} is taken; register the plugin under another name."
            )
        before = len(self.failures)
        self._load(Provider(namespace), lambda: plugin)
        if len(self.failures) > before:
            raise PluginError(str(self.failures[-1]))

    def register_file(self, path: str | os.PathLike[str]) -> str:
        """Add a plugin from a loose Python file; its namespace is the file's name.

        Returns
        -------
        str
            The namespace.

        Raises
        ------
        InputError
            If there is no such Python file.
        PluginError
            If it cannot be imported or is broken.
        """
        file = Path(path)
        if not file.is_file() or file.suffix != ".py":
            raise InputError(f"No plugin file {str(path)!r}: give the path of a .py file.")
        spec = importlib.util.spec_from_file_location(f"djtrans_plugin_{file.stem}", file)
        if spec is None or spec.loader is None:
            raise PluginError(f"{str(path)!r} cannot be imported as a Python file.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[spec.name]
            raise PluginError(f"The plugin file {str(path)!r} fails: {one_line(error)}") from error
        self.register(module, file.stem)
        return file.stem

    # -- loading one plugin ------------------------------------------------------------------

    def _load(self, provider: Provider, load: Callable[[], object]) -> None:
        had_torch = "torch" in sys.modules
        try:
            plugin = load()
            if isinstance(plugin, type):
                plugin = plugin()
            hash(plugin)  # pluggy keeps plugins in sets
            label = f"{provider.namespace}:{getattr(plugin, '__name__', type(plugin).__name__)}"
            self._manager.register(plugin, name=label)
        # SystemExit too: a plugin that calls sys.exit() at import must not end the program.
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- isolation is the point
            self._fail(provider, "import", error)
            return
        if not had_torch and "torch" in sys.modules:
            slow = "imports torch when it is merely listed: point at factories by string"
            provider = attrs.evolve(provider, note=slow)
        for hook, found in collect(self._manager, plugin):
            if isinstance(found, Declaration):
                self._add(Component(found, provider), hook)
            else:
                self._fail(provider, hook, found)

    def _add(self, component: Component, hook: str) -> None:
        declaration = component.declaration
        known = self._components[declaration.kind]
        if component.name in known:
            problem = PluginError(f"declares the {declaration.kind} {declaration.name!r} twice.")
            self._fail(component.provider, hook, problem)
            return
        known[component.name] = component

    def _fail(self, provider: Provider, stage: str, error: BaseException) -> None:
        self._record(PluginFailure(provider, stage, one_line(error)), error)

    def _record(self, failure: PluginFailure, cause: BaseException) -> None:
        if self._strict:
            raise PluginError(str(failure)) from cause
        self.failures.append(failure)

    # -- names -------------------------------------------------------------------------------

    def components(self, kind: str) -> tuple[Component, ...]:
        """All components of a kind: the built-ins first, then by qualified name."""
        known = self._of_kind(kind).values()
        return tuple(sorted(known, key=lambda c: (c.provider.namespace != BUILTIN, c.name)))

    def find(self, kind: str, name: str) -> Component:
        """The component that a name means.

        Parameters
        ----------
        kind : str
            One of :data:`djtrans.core.declarations.KINDS`.
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
        namespaces = {c.provider.namespace for k in KINDS for c in self.components(k)}
        if namespace and namespace not in namespaces:
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

    # -- building ----------------------------------------------------------------------------

    def build(self, kind: str, name: str, config: Mapping[str, Any] | None = None) -> Any:
        """Build a component.

        Parameters
        ----------
        kind, name : str
            See :meth:`find`.
        config : mapping, optional
            Fields of its config; the rest take their defaults.

        Returns
        -------
        object
            Fulfils the kind's protocol in :mod:`djtrans.core.contracts`.

        Raises
        ------
        ConfigError
            If a field is unknown or out of range.
        PluginError
            If its factory cannot be imported or fails.
        """
        component = self.find(kind, name)
        settings = config_from_dict(component.declaration.config, config or {})
        factory = self._import_factory(component)
        return factory(settings)

    def _import_factory(self, component: Component) -> Callable[[Any], Any]:
        factory = component.declaration.factory
        if not isinstance(factory, str):
            return factory
        module_name, _, attribute = factory.partition(":")
        try:
            return functools.reduce(
                getattr, attribute.split("."), importlib.import_module(module_name)
            )  # type: ignore[return-value]
        except (ImportError, AttributeError) as error:
            raise PluginError(
                f"{component.name} ({component.provider}) points at {factory!r}, which cannot be "
                f"imported: {one_line(error)}. Reinstall the package, or tell its author."
            ) from error


def _own_version() -> str:
    from djtrans import __version__

    return __version__


@functools.cache
def default_registry() -> Registry:
    """The registry that djtrans itself uses: built-ins and all installed plugins."""
    return Registry()
