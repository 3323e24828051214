"""Give every command what all have: value completion, ``-v`` and ``--quiet``."""

from __future__ import annotations

import click

from djtrans.cli.console import be_verbose, silence_warnings
from djtrans.cli.value_types import BY_NAME

#: Placeholders of options and arguments that are paths.
_PATHS = {"FILE", "FILES...", "[FILES]...", "DIR", "PARAMS", "CSV", "A", "B", "[A", "B]", "MIX"}
_VERBOSE = "verbose"


def set_up(command: click.Command) -> click.Command:
    """Complete the parameters of a command, and of the commands in a group.

    Names of components and paths are completed by the shell, ``-v`` is added, and ``--quiet``
    silences warnings.

    Parameters
    ----------
    command : click.Command
        Changed in place; once, however often it is looked up.
    """
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            set_up(inner)
        return command
    if any(parameter.name == _VERBOSE for parameter in command.params):
        return command
    for parameter in command.params:
        if isinstance(parameter.type, click.types.StringParamType):
            _complete(parameter)
        if parameter.name == "quiet" and parameter.callback is None:
            parameter.callback = _on_quiet
    command.params.append(
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_on_verbose,
            help="Print every step, what libraries log, and where an error was raised.",
        )
    )
    return command


def _complete(parameter: click.Parameter) -> None:
    """Set the type of a parameter of text by its name or its placeholder."""
    known = BY_NAME.get(parameter.name or "")
    if known is not None and isinstance(parameter, click.Option):
        parameter.type = known
    elif parameter.metavar in _PATHS:
        parameter.type = click.Path()


def _on_verbose(ctx: click.Context, parameter: click.Parameter, given: bool) -> None:
    if given:
        be_verbose()


def _on_quiet(ctx: click.Context, parameter: click.Parameter, given: bool) -> bool:
    if given:
        silence_warnings()
    return given
