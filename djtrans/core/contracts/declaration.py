"""Declare a component: its name, config and factory, without importing it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import ConfigError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def one_of(*allowed: str) -> Callable[[Any, attrs.Attribute[Any], str], None]:
    """Return an attrs validator that accepts one of the allowed values."""

    def check(instance: Any, attribute: attrs.Attribute[Any], value: str) -> None:
        if value not in allowed:
            raise ConfigError(
                f"{type(instance).__name__}.{attribute.name} = {value!r}; "
                f"allowed: {', '.join(map(repr, allowed))}."
            )

    return check


def short_name(name: str) -> str:
    """Remove the namespace of the built-in components from a qualified name.

    Examples
    --------
    >>> short_name("djtrans/bass-swap"), short_name("mylab/spin")
    ('bass-swap', 'mylab/spin')
    """
    return name.removeprefix("djtrans/")


@attrs.frozen(kw_only=True)
class Declaration:
    """Base class of the declarations of all kinds of component.

    Attributes
    ----------
    name : str
        Short name: lower-case letters, digits, ``-`` and ``_``.
    summary : str
        Description on one line.
    factory : str or callable
        ``"package.module:Class"``, called with the config to build the component. A callable is
        accepted in notebooks and plugin files; it is reported as not lazy.
    config : type
        attrs class whose fields are created with :func:`djtrans.core.contracts.config.setting`.
    version : int
        Behaviour version; increase it when the same config gives other results.
    references : tuple of str
        Publications of the algorithm.
    """

    kind: ClassVar[str] = ""
    #: Protocol of the components, or several of which they have one; None if it depends on the
    #: declaration.
    contract: ClassVar[type | tuple[type, ...] | None] = None

    name: str
    summary: str
    factory: str | Callable[[Any], Any]
    config: type = NoConfig
    version: int = 1
    references: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        label = f"{type(self).__name__}(name={self.name!r})"
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"{label}: the name is not allowed; use lower-case letters, digits, '-' and '_'."
            )
        if not self.summary or "\n" in self.summary:
            raise ConfigError(f"{label}: the summary is empty or has several lines; give one line.")
        if not callable(self.factory) and not (
            isinstance(self.factory, str) and _FACTORY.fullmatch(self.factory)
        ):
            raise ConfigError(
                f"{label}: factory {self.factory!r} is neither 'package.module:Class' nor callable."
            )
        if not attrs.has(self.config):
            raise ConfigError(f"{label}: config must be an attrs class, got {self.config!r}.")
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise ConfigError(f"{label}: version must be an int of at least 1.")
        try:
            self.config()
        except Exception as error:  # noqa: BLE001 -- a plugin's config can raise anything
            raise ConfigError(
                f"{label}: every config field needs a valid default: {error}"
            ) from None

    @property
    def lazy(self) -> bool:
        """True if the component is imported only when it is built."""
        return isinstance(self.factory, str)
