"""Build components from declarations, and collect the declarations of a plugin."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

import attrs

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import PROJECT
from djtrans.core.contracts.kinds import HOOKS
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import PluginError, did_you_mean


def resolve_factory(factory: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Resolve the factory of a declaration to a callable.

    Raises
    ------
    PluginError
        If there is no such module or name, or it cannot be called.
    """
    if not isinstance(factory, str):
        return factory
    module, _, attribute = factory.partition(":")
    try:
        found = functools.reduce(getattr, attribute.split("."), importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        raise PluginError(f"The factory {factory!r} cannot be imported: {error}.") from error
    if not callable(found):
        raise PluginError(f"The factory {factory!r} is a {type(found).__name__}, not callable.")
    return found


@attrs.frozen
class Build:
    """Callable that builds a new component.

    Attributes
    ----------
    declaration : Declaration
        Declaration of the component.
    config : mapping
        Fields of its config that differ from their defaults.
    make : callable, optional
        Called with the config instead of the declared factory; for components that need
        preparation, such as a folder that must exist.
    module : str
        Module that holds the declaration, where known.
    layouts : tuple of Layout
        Layouts of mixers, beside the default one, on which a technique is checked.
    """

    declaration: Declaration
    config: Mapping[str, Any] = attrs.field(factory=dict)
    make: Callable[[Any], Any] | None = None
    module: str = ""
    layouts: tuple[Layout, ...] = ()

    @property
    def settings(self) -> Any:
        """Config of the component."""
        return config_from_dict(self.declaration.config, self.config)

    def __call__(self) -> Any:
        """Build the component."""
        make = resolve_factory(self.declaration.factory) if self.make is None else self.make
        return make(self.settings)


def settings_of(declaration: Declaration, build: Callable[[], Any]) -> Any:
    """Return the config of a :class:`Build`; the default config for any other callable."""
    return build.settings if isinstance(build, Build) else declaration.config()


def declarations_of(plugin: Any) -> tuple[Declaration, ...]:
    """Collect the declarations of a plugin.

    Parameters
    ----------
    plugin : module, object, Declaration or iterable of Declaration
        Object with hook implementations, or the declarations themselves.

    Raises
    ------
    PluginError
        If a hook is unknown, is not marked with ``hookimpl``, or yields anything other than its
        kind of declaration.
    """
    if isinstance(plugin, Declaration):
        return (plugin,)
    if isinstance(plugin, Iterable):
        given = tuple(plugin)
        invalid = [item for item in given if not isinstance(item, Declaration)]
        if invalid:
            raise PluginError(
                f"{invalid[0]!r} is not a declaration; give instances of a Declaration class."
            )
        return given
    found: list[Declaration] = []
    for name in dir(plugin):
        value = getattr(plugin, name)
        if not name.startswith(f"{PROJECT}_") or isinstance(value, ModuleType):
            continue
        if not callable(value):
            continue
        if name not in HOOKS:
            raise PluginError(f"djtrans has no hook {name!r}. {did_you_mean(name, HOOKS)}")
        if getattr(value, f"{PROJECT}_impl", None) is None:
            raise PluginError(f"{name} is not marked as a hook; decorate it with @hookimpl.")
        for declaration in value():
            if not isinstance(declaration, HOOKS[name]):
                raise PluginError(
                    f"{name} yielded {declaration!r}; only {HOOKS[name].__name__} is allowed."
                )
            found.append(declaration)
    return tuple(found)


def module_of(plugin: Any) -> str:
    """Return the name of the plugin's module, ``""`` if it is no importable module."""
    return plugin.__name__ if isinstance(plugin, ModuleType) and plugin.__spec__ else ""
