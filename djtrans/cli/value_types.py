"""Types of option values: they complete in the shell, and list what is allowed in the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from djtrans.core.registration.catalog import Component

    _TextType = click.ParamType[str]
else:
    _TextType = click.ParamType  # generic from click 8.2 on

#: Suggested devices; others, such as ``cuda:1``, are allowed.
DEVICES = ("auto", "cpu", "cuda", "mps")


class SuggestedText(_TextType):
    """Text of which some values are suggested; others are allowed, and checked later.

    Parameters
    ----------
    values : callable
        Returns the suggestions and their summaries.
    """

    name = "text"

    def __init__(self, values: Callable[[], Sequence[tuple[str, str]]]) -> None:
        self.values = values

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value as text."""
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the suggestions that begin as the value does."""
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(value, help=summary)
            for value, summary in self.values()
            if value.startswith(incomplete)
        ]


class ComponentName(SuggestedText):
    """Name of a registered component.

    Parameters
    ----------
    kind : str
        Kind of component, such as ``"technique"``.
    extra : sequence of str
        Further values, such as ``"auto"``.
    """

    def __init__(self, kind: str, extra: Sequence[str] = ()) -> None:
        super().__init__(self._suggestions)
        self.kind, self.extra = kind, extra

    def names(self) -> list[str]:
        """Return the names of the registered components."""
        return [name for name, _ in self.values() if name not in self.extra]

    def _suggestions(self) -> list[tuple[str, str]]:
        from djtrans.core.contracts.declaration import short_name
        from djtrans.registry import default_registry

        found = [
            (short_name(c.name), c.declaration.summary)
            for c in default_registry().components(self.kind)
            if self._is_offered(c)
        ]
        return [*((value, "") for value in self.extra), *found]

    def _is_offered(self, component: Component[Any]) -> bool:
        return True


class MasterEffectName(ComponentName):
    """Name of an effect that may stand in the master chain."""

    def __init__(self) -> None:
        super().__init__("effect")

    def _is_offered(self, component: Component[Any]) -> bool:
        return "master" in component.declaration.placements


class ListedOption(click.Option):
    """Option of a component's name; its help ends with the registered names."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its help with the names."""
        record = super().get_help_record(ctx)
        if record is None or not isinstance(self.type, ComponentName):
            return record
        return record[0], f"{record[1]}  Registered: {', '.join(self.type.names())}."


def suggested(*values: str) -> SuggestedText:
    """Return a type that suggests fixed values."""
    return SuggestedText(lambda: [(value, "") for value in values])


#: Types of options by their names, wherever a command has them.
BY_NAME: dict[str, SuggestedText] = {
    "technique": ComponentName("technique", ("auto",)),
    "separator": ComponentName("separator", ("auto",)),
    "analyzer": ComponentName("analyzer"),
    "scheduler": ComponentName("scheduler"),
    "mixer": ComponentName("mixer"),
    "master": MasterEffectName(),
    "device": suggested(*DEVICES),
    "theme": suggested("light", "dark"),
    "tempo": suggested("auto", "a", "b", "ramp"),
    "refine": suggested("auto", "off", "powers", "audio"),
    "bars": suggested("auto", *map(str, (1, 2, 4, 8, 16, 24, 32, 48, 64))),
    "level": suggested("match-a", "peak", "-14"),
}
