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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pluggy

from djtrans.core.contracts import hookspecs
from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.declarations import Declaration
from djtrans.core.errors import (
    InputError,
    PluginError,
    did_you_mean,
)
from djtrans.core.registration.catalog import Catalogue, Component
from djtrans.core.registration.discovery import (
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
        "tracklists",
    )
)


class Registry(Catalogue):
    """All components, by kind and name: finds plugins, loads them and builds what they declare.

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
        super().__init__()
        self._environ = os.environ if environ is None else environ
        self._strict = self._environ.get("DJTRANS_STRICT", "") not in ("", "0")
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
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
        self._register(plugin, Provider(namespace))

    def unregister(self, namespace: str) -> None:
        """Take a plugin out again, for instance to register its next version in a notebook.

        Raises
        ------
        PluginError
            If there is no such plugin, or it is that of the defaults.
        """
        if namespace not in self.namespaces - {BUILTIN}:
            raise PluginError(
                f"No plugin {namespace!r} can be taken out. "
                f"{did_you_mean(namespace, self.namespaces - {BUILTIN})}"
            )
        self._take_out(namespace)

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
        self._register(module, Provider(file.stem, file.name))
        return file.stem

    # -- loading one plugin ------------------------------------------------------------------

    def _register(self, plugin: object, provider: Provider) -> None:
        """Load a plugin whole or not at all."""
        namespace, before = provider.namespace, len(self.failures)
        if namespace in self.namespaces:
            raise PluginError(
                f"The namespace {namespace!r} is taken; register the plugin under another name, or "
                "unregister what has it."
            )
        try:
            self._load(provider, lambda: plugin)
            if len(self.failures) > before:
                raise PluginError(str(self.failures[before]))
        except PluginError:
            del self.failures[before:]
            self._take_out(namespace)
            raise

    def _take_out(self, namespace: str) -> None:
        self.forget(namespace)
        for label, plugin in self._manager.list_name_plugin():
            if plugin is not None and label.partition(":")[0] == namespace:
                self._manager.unregister(plugin)

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
            if not isinstance(found, Declaration):
                self._fail(provider, hook, found)
                continue
            try:
                self.add(Component(found, provider))
            except PluginError as error:
                self._fail(provider, hook, error)

    def _fail(self, provider: Provider, stage: str, error: BaseException) -> None:
        self._record(PluginFailure(provider, stage, one_line(error)), error)

    def _record(self, failure: PluginFailure, cause: BaseException) -> None:
        if self._strict:
            raise PluginError(str(failure)) from cause
        self.failures.append(failure)

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
            Fulfils the kind's protocol in :mod:`djtrans.core.contracts.protocols`.

        Raises
        ------
        ConfigError
            If a field is unknown or out of range.
        PluginError
            If its factory cannot be imported or fails.
        """
        component = self.find(kind, name)
        settings = config_from_dict(component.declaration.config, config or {})
        factory = self._import_factory(component, component.declaration.factory)
        return factory(settings)

    def build_extractor(self, name: str, config: Mapping[str, Any] | None = None) -> Any:
        """Build the feature extractor of an encoder; None where it declares none.

        Parameters
        ----------
        name : str
            Of the encoder.
        config : mapping, optional
            Fields of the encoder's config; the rest take their defaults.

        Returns
        -------
        FeatureExtractor or None

        Raises
        ------
        ConfigError
            If a field is unknown or out of range.
        PluginError
            If its factory cannot be imported or fails.
        """
        component = self.find("encoder", name)
        extractor = getattr(component.declaration, "extractor", None)
        if extractor is None:
            return None
        settings = config_from_dict(component.declaration.config, config or {})
        return self._import_factory(component, extractor)(settings)

    def _import_factory(
        self, component: Component, factory: str | Callable[[Any], Any]
    ) -> Callable[[Any], Any]:
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
