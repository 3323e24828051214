"""Discover plugins, and find and build their components by name.

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
from djtrans.core.contracts.hooks import PROJECT
from djtrans.core.contracts.kinds import CONTRACTS, KINDS
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.contracts.scheduler import Scheduler, SchedulerDeclaration
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

#: Modules of the default plugins, loaded as any other plugin.
BUILTIN_MODULES = tuple(f"djtrans.plugins.{kind}s" for kind in KINDS)


class Registry:
    """All components, by kind and name: discovers plugins, and builds what they declare.

    Parameters
    ----------
    discover : bool
        Whether to load the plugins that are installed (entry-point group ``djtrans``).
    environ : mapping, optional
        Source of ``DJTRANS_PLUGINS`` (unset: all; empty: none; else only these, by commas),
        ``DJTRANS_BLOCK`` (never these) and ``DJTRANS_STRICT=1`` (re-raise failures);
        `os.environ` by default.

    Attributes
    ----------
    separators, analyzers, techniques, encoders, denoisers, schedulers, effects, mixers : Kind
        The components of each kind.
    tracklists : Kind
        Sources of tracklists.
    failures : list of PluginFailure
        Plugins, or parts of them, that cannot be used.

    Examples
    --------
    >>> import djtrans
    >>> registry = djtrans.default_registry()
    >>> separator = registry.separators.build("spectral")
    """

    def __init__(self, *, discover: bool = True, environ: Mapping[str, str] | None = None) -> None:
        self.failures: list[PluginFailure] = []
        failed = self.failures
        self.separators: Kind[SeparatorDeclaration, Separator] = Kind(SeparatorDeclaration, failed)
        self.analyzers: Kind[AnalyzerDeclaration, Analyzer] = Kind(AnalyzerDeclaration, failed)
        self.techniques: Kind[TechniqueDeclaration, CurveModel] = Kind(TechniqueDeclaration, failed)
        self.encoders: Kind[EncoderDeclaration, Encoder] = Kind(EncoderDeclaration, failed)
        self.denoisers: Kind[DenoiserDeclaration, Denoiser] = Kind(DenoiserDeclaration, failed)
        self.schedulers: Kind[SchedulerDeclaration, Scheduler] = Kind(SchedulerDeclaration, failed)
        self.effects: Kind[EffectDeclaration, SpectralEffect | TimeEffect] = Kind(
            EffectDeclaration, failed
        )
        self.mixers: Kind[MixerDeclaration, MixerSpec] = Kind(MixerDeclaration, failed)
        self.tracklists: Kind[TracklistDeclaration, TracklistSource] = Kind(
            TracklistDeclaration, failed
        )
        self._kinds: dict[str, Kind[Any, Any]] = {kind: getattr(self, f"{kind}s") for kind in KINDS}
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
        for kind in self._kinds.values():
            kind.forget(namespace)
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
            If there is none; the message names close matches.
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
            meant = " and ".join(f"the {c.declaration.kind} {c.name}" for c in found)
            raise AmbiguousNameError(
                f"{name!r} means {meant}; say which with its kind (--kind "
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
    """The registry that djtrans itself uses: built-ins and all installed plugins."""
    return Registry()
