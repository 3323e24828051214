"""Group of commands whose modules are imported when they are used."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import attrs
import click

from djtrans.cli.command_setup import set_up
from djtrans.cli.user_defaults import command_defaults
from djtrans.core.errors import did_you_mean


@attrs.frozen
class LazyCommand:
    """Location of a command, and its line in the list of commands.

    Attributes
    ----------
    module : str
        Module that defines it, under the name of the command with ``_`` for ``-``.
    summary : str
        First sentence of its help.
    """

    module: str
    summary: str


class LazyGroup(click.Group):
    """Group that imports the module of a command when it runs, and none to list them.

    Parameters
    ----------
    lazy_commands : mapping of str to LazyCommand
        Commands by name.
    **kwargs
        Arguments of :class:`click.Group`.
    """

    def __init__(self, *args: Any, lazy_commands: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        return sorted({*self.lazy_commands, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        lazy = self.lazy_commands.get(cmd_name)
        if lazy is None:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(lazy.module)
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return set_up(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command and its arguments; a request for help is never the value of an option."""
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            hint = did_you_mean(args[0], self.list_commands(ctx))
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        name, command, rest = super().resolve_command(ctx, args)
        before_files = rest[: rest.index("--")] if "--" in rest else rest
        if (
            command is not None
            and not isinstance(command, click.Group)
            and "--help" in before_files
        ):
            rest = ["--help"]
        # The root context holds what the configuration file says.
        if command is not None and name is not None and name in (ctx.obj or {}):
            ctx.default_map = {name: command_defaults(command, ctx.obj[name], name)}
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, from their summaries."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        rows = [
            (name, click.Command(name, help=self._summary(ctx, name)).get_short_help_str(limit))
            for name in names
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _summary(self, ctx: click.Context, name: str) -> str | None:
        if name in self.lazy_commands:
            return self.lazy_commands[name].summary
        command = super().get_command(ctx, name)
        return None if command is None else command.help
