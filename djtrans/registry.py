"""Registry of components: discover plugins, and find and build their components by name.

Plugins declare factories as strings, so that torch is not imported before a component is built.
A plugin that fails is recorded and reported by one warning; the others stay usable.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import attrs
import pluggy

from djtrans.core.contracts.analyzer import Analyzer, AnalyzerDeclaration
from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.denoiser import Denoiser, DenoiserDeclaration
from djtrans.core.contracts.effect import EffectDeclaration, SpectralEffect, TimeEffect
from djtrans.core.contracts.encoder import Encoder, EncoderDeclaration, FeatureExtractor
from djtrans.core.contracts.exporter import Exporter, ExporterDeclaration
from djtrans.core.contracts.hooks import PROJECT
from djtrans.core.contracts.kinds import CONTRACTS, KINDS, plural
from djtrans.core.contracts.library import LibraryDeclaration, LibraryReader
from djtrans.core.contracts.metric import Metric, MetricDeclaration
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.contracts.objective import Objective, ObjectiveDeclaration
from djtrans.core.contracts.scheduler import AnyScheduler, SchedulerDeclaration
from djtrans.core.contracts.separator import Separator, SeparatorDeclaration
from djtrans.core.contracts.technique import CurveModel, TechniqueDeclaration
from djtrans.core.contracts.tracklist import TracklistDeclaration, TracklistSource
from djtrans.core.errors import (
    AmbiguousNameError,
    InputError,
    PluginError,
    UnknownComponentError,
    did_you_mean,
)
from djtrans.core.registration.catalog import Component, Kind, unknown_name_hint
from djtrans.core.registration.discovery import (
    BUILTIN,
    PluginFailure,
    PluginWarning,
    Provider,
    collect,
    discover,
    one_line,
)
from djtrans.core.util.isolation import same_surroundings

#: Modules of the default plugins, loaded as any other plugin.
BUILTIN_MODULES = tuple(f"djtrans.plugins.{plural(kind)}" for kind in KINDS)


class Registry:
    """Components of all plugins, by kind and name.

    Parameters
    ----------
    discover : bool
        If True, load the installed plugins (entry-point group ``djtrans``).
    environ : mapping, optional
        Environment variables; `os.environ` by default. ``DJTRANS_PLUGINS`` selects plugins by
        comma-separated names (unset: all; empty: none), ``DJTRANS_BLOCK`` excludes plugins and
        ``DJTRANS_STRICT=1`` re-raises failures.

    Attributes
    ----------
    separators, analyzers, techniques, encoders, denoisers, schedulers, effects, mixers : Kind
        The components of each kind.
    objectives, metrics, exporters, tracklists, libraries : Kind
        Objectives of a predicted transition, metrics and exporters of a rendered one, sources of
        tracklists, and readers of the libraries of DJ software.
    failures : list of PluginFailure
        Plugins, or parts of them, that cannot be used.

    Examples
    --------
    >>> import djtrans
    >>> registry = djtrans.default_registry()
    >>> separator = registry.separators.build("spectral")
    >>> registry.find("effect", "reverb").declaration.routing
    'send'

    See Also
    --------
    default_registry : Return the registry that djtrans uses by default.
    """

    def __init__(self, *, discover: bool = True, environ: Mapping[str, str] | None = None) -> None:
        self.failures: list[PluginFailure] = []
        failed = self.failures
        self.separators: Kind[SeparatorDeclaration, Separator] = Kind(SeparatorDeclaration, failed)
        self.analyzers: Kind[AnalyzerDeclaration, Analyzer] = Kind(AnalyzerDeclaration, failed)
        self.techniques: Kind[TechniqueDeclaration, CurveModel] = Kind(TechniqueDeclaration, failed)
        self.encoders: Kind[EncoderDeclaration, Encoder] = Kind(EncoderDeclaration, failed)
        self.denoisers: Kind[DenoiserDeclaration, Denoiser] = Kind(DenoiserDeclaration, failed)
        self.schedulers: Kind[SchedulerDeclaration, AnyScheduler] = Kind(
            SchedulerDeclaration, failed
        )
        self.effects: Kind[EffectDeclaration, SpectralEffect | TimeEffect] = Kind(
            EffectDeclaration, failed
        )
        self.mixers: Kind[MixerDeclaration, MixerSpec] = Kind(MixerDeclaration, failed)
        self.objectives: Kind[ObjectiveDeclaration, Objective] = Kind(ObjectiveDeclaration, failed)
        self.metrics: Kind[MetricDeclaration, Metric] = Kind(MetricDeclaration, failed)
        self.exporters: Kind[ExporterDeclaration, Exporter] = Kind(ExporterDeclaration, failed)
        self.tracklists: Kind[TracklistDeclaration, TracklistSource] = Kind(
            TracklistDeclaration, failed
        )
        self.libraries: Kind[LibraryDeclaration, LibraryReader] = Kind(LibraryDeclaration, failed)
        self._kinds: dict[str, Kind[Any, Any]] = {
            kind: getattr(self, plural(kind)) for kind in KINDS
        }
        self._environ = os.environ if environ is None else environ
        self._strict = self._environ.get("DJTRANS_STRICT", "") not in ("", "0")
        self._manager = pluggy.PluginManager(PROJECT)
        for module in CONTRACTS:
            self._manager.add_hookspecs(module)
        builtin = Provider(BUILTIN, BUILTIN, _own_version())
        for name in BUILTIN_MODULES:
            self._load(builtin, functools.partial(importlib.import_module, name))
        if discover:
            self._discover()
        for failure in self.failures:
            warnings.warn(str(failure), PluginWarning, stacklevel=2)

    @property
    def namespaces(self) -> set[str]:
        """Namespaces of all plugins that provide a component."""
        return set().union(*(kind.namespaces for kind in self._kinds.values()))

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
            The plugin.
        namespace : str
            First half of its components' qualified names; must be unused.

        Raises
        ------
        PluginError
            If the namespace is in use, or any part of the plugin is broken; nothing is then added.
        """
        self._register(plugin, Provider(namespace))

    def unregister(self, namespace: str) -> None:
        """Remove a plugin, for instance to register its next version in a notebook.

        Raises
        ------
        PluginError
            If there is no such plugin, or it is the built-in one.
        """
        if namespace not in self.namespaces - {BUILTIN}:
            raise PluginError(
                f"No plugin {namespace!r} can be unregistered. "
                f"{did_you_mean(namespace, self.namespaces - {BUILTIN})}"
            )
        self._remove(namespace)

    def register_file(self, path: str | os.PathLike[str]) -> str:
        """Add a plugin from a Python file; its namespace is the file's stem.

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
            with same_surroundings():
                spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:
            del sys.modules[spec.name]
            raise PluginError(
                f"The plugin file {str(path)!r} cannot be imported: {one_line(error)}"
            ) from error
        self._register(module, Provider(file.stem, file.name))
        return file.stem

    # -- loading one plugin ------------------------------------------------------------------

    def _register(self, plugin: object, provider: Provider) -> None:
        """Load a plugin completely or not at all."""
        namespace, before = provider.namespace, len(self.failures)
        if namespace in self.namespaces:
            raise PluginError(
                f"The namespace {namespace!r} is taken; register the plugin under another name, or "
                "unregister the plugin that has it."
            )
        try:
            self._load(provider, lambda: plugin)
            if len(self.failures) > before:
                raise PluginError(str(self.failures[before]))
        except PluginError:
            del self.failures[before:]
            self._remove(namespace)
            raise

    def _remove(self, namespace: str) -> None:
        for kind in self._kinds.values():
            kind.remove(namespace)
        for label, plugin in self._manager.list_name_plugin():
            if plugin is not None and label.partition(":")[0] == namespace:
                self._manager.unregister(plugin)

    def _load(self, provider: Provider, load: Callable[[], object]) -> None:
        had_torch = "torch" in sys.modules
        try:
            with same_surroundings():
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
            slow = "imports torch when it is listed: declare factories as strings"
            provider = attrs.evolve(provider, note=slow)
        for hook, found in collect(self._manager, plugin):
            if not isinstance(found, Declaration):
                self._fail(provider, hook, found)
                continue
            try:
                self._kinds[found.kind].add(Component(found, provider))
            except PluginError as error:
                self._fail(provider, hook, error)

    def _fail(self, provider: Provider, stage: str, error: BaseException) -> None:
        self._record(PluginFailure(provider, stage, one_line(error)), error)

    def _record(self, failure: PluginFailure, cause: BaseException) -> None:
        if self._strict:
            raise PluginError(str(failure)) from cause
        self.failures.append(failure)

    def build_extractor(
        self, name: str, config: Mapping[str, Any] | None = None
    ) -> FeatureExtractor | None:
        """Build the feature extractor of an encoder; None if it declares none.

        Parameters
        ----------
        name : str
            Name of the encoder.
        config : mapping, optional
            Fields of the encoder's config; the rest take their defaults.

        Raises
        ------
        ConfigError
            If a field is unknown or out of range.
        PluginError
            If its factory cannot be imported.
        """
        component = self.encoders.find(name)
        declaration = component.declaration
        if declaration.extractor is None:
            return None
        settings = config_from_dict(declaration.config, config or {})
        built: FeatureExtractor = component.import_declared(declaration.extractor)(settings)
        return built

    # -- components whose kind is known at run time only ----------------------------------------

    def kind(self, kind: str) -> Kind[Any, Any]:
        """Return the components of a kind given by its name, such as ``"separator"``.

        Raises
        ------
        InputError
            If there is no such kind.
        """
        if kind not in self._kinds:
            raise InputError(f"There is no kind {kind!r} of component. {did_you_mean(kind, KINDS)}")
        return self._kinds[kind]

    def components(self, kind: str) -> tuple[Component[Any], ...]:
        """Return all components of a kind: the built-ins first, then by qualified name."""
        return tuple(self.kind(kind))

    def find(self, kind: str, name: str) -> Component[Any]:
        """Resolve a name to a component; see :meth:`Kind.find`."""
        return self.kind(kind).find(name)

    def build(self, kind: str, name: str, config: Mapping[str, Any] | None = None) -> Any:
        """Build a component; see :meth:`Kind.build`, which returns it with its type."""
        return self.kind(kind).build(name, config)

    def override(
        self, kind: str, name: str, declaration: Declaration
    ) -> AbstractContextManager[None]:
        """Replace a component within a ``with`` block; see :meth:`Kind.override`."""
        return self.kind(kind).override(name, declaration)

    def find_any(self, name: str, kind: str | None = None) -> Component[Any]:
        """Resolve a name to a component of any kind.

        Parameters
        ----------
        name : str
            Qualified or short, see :meth:`Kind.find`.
        kind : str, optional
            Search this kind only.

        Raises
        ------
        UnknownComponentError
            If there is no such component; the message suggests close matches.
        AmbiguousNameError
            If several kinds have a component of that name, or several plugins provide it.
        """
        if kind is not None:
            return self.find(kind, name)
        found = []
        for each in self._kinds.values():
            try:
                found.append(each.find(name))
            except UnknownComponentError:
                continue
        if len(found) > 1:
            matches = " and ".join(f"the {c.declaration.kind} {c.name}" for c in found)
            raise AmbiguousNameError(
                f"{name!r} is the name of {matches}; choose one by its kind (--kind "
                f"{found[0].declaration.kind})."
            )
        if not found:
            known = (component for each in self._kinds.values() for component in each)
            hint = unknown_name_hint(name, known, self.failures)
            raise UnknownComponentError(f"There is no component {name!r}. {hint}")
        return found[0]


def _own_version() -> str:
    from djtrans import __version__

    return __version__


@functools.cache
def default_registry() -> Registry:
    """Return the registry of the built-in components and of all installed plugins.

    It is created at the first call; the same object is returned afterwards.

    Returns
    -------
    Registry

    Examples
    --------
    >>> import djtrans
    >>> [component.name for component in djtrans.default_registry().mixers][:1]
    ['djtrans/dj54']

    See Also
    --------
    Registry : Create a registry of its own, such as one without installed plugins.
    """
    return Registry()
