"""Defaults of options from the user's configuration file, ``config.toml``."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import click

from djtrans.core.errors import ConfigError, did_you_mean
from djtrans.core.util.atomic_files import reason

#: Environment variable with the path of the file; if it is empty, no file is read.
CONFIG = "DJTRANS_CONFIG"


def config_path() -> Path | None:
    """Return the path of the configuration file, which need not exist; None if it is switched off.

    It is ``config.toml`` in the user's configuration folder of djtrans, unless ``DJTRANS_CONFIG``
    names another file.
    """
    given = os.environ.get(CONFIG)
    if given is not None:
        return Path(given).expanduser() if given else None
    import platformdirs

    return Path(platformdirs.user_config_dir("djtrans", appauthor=False)) / "config.toml"


def read_defaults() -> dict[str, Any]:
    """Read the configuration file: options of ``djtrans`` itself, and a table for each command.

    Raises
    ------
    ConfigError
        If it cannot be read, or is not TOML.
    """
    path = config_path()
    if path is None or (not path.exists() and CONFIG not in os.environ):
        return {}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration file {path}: {reason(error)}") from None
    except ValueError as error:
        raise ConfigError(f"The configuration file {path} is not valid TOML: {error}.") from None


def group_defaults(group: click.Group, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of a group's own options, by the names that click gives them.

    Raises
    ------
    ConfigError
        If a key is neither an option nor a command.
    """
    context = click.Context(group)
    commands = group.list_commands(context)
    own = {}
    for key, value in defaults.items():
        if key in commands and isinstance(value, dict):
            continue
        own[key] = value
    return _by_parameter(group, own, "", commands)


def command_defaults(command: click.Command, table: object, name: str) -> dict[str, Any]:
    """Return the defaults of a command's options, by the names that click gives them.

    Parameters
    ----------
    command : click.Command
    table : object
        Its table in the configuration file: values by the names of options, without ``--``.
        That of a group has a table for each of its commands.
    name : str
        Name of the command, for error messages.

    Raises
    ------
    ConfigError
        If the command has no such option.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{config_path()}: {name} is not a table; write [{name}] above options.")
    if isinstance(command, click.Group):
        inner = {key: value for key, value in table.items() if key in command.commands}
        own = {key: value for key, value in table.items() if key not in inner}
        found = _by_parameter(command, own, name, command.commands)
        for key, value in inner.items():
            found[key] = command_defaults(command.commands[key], value, f"{name}.{key}")
        return found
    return _by_parameter(command, table, name)


def _by_parameter(
    command: click.Command, table: Mapping[str, Any], name: str, others: Collection[str] = ()
) -> dict[str, Any]:
    """Translate names of options to names of parameters; raise if one is unknown or unfit."""
    known = {
        option.lstrip("-").replace("_", "-"): parameter
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.is_eager
        for option in parameter.opts
        if option.startswith("--")
    }
    where = f"{config_path()}: " + (f"[{name}] " if name else "")
    found: dict[str, Any] = {}
    for key, value in table.items():
        parameter = known.get(key.replace("_", "-"))
        if parameter is None or parameter.name is None:
            hint = did_you_mean(key, [*known, *others])
            what = "There is no option" if name else "There is no command or option"
            raise ConfigError(f"{where}{what} {key!r}. {hint}")
        if parameter.multiple != isinstance(value, list) or isinstance(value, dict):
            form = "a list" if parameter.multiple else "one value"
            raise ConfigError(f"{where}{key} = {value!r} is not allowed; give {form}.")
        if parameter.is_flag != isinstance(value, bool):
            form = "true or false" if parameter.is_flag else "a value"
            raise ConfigError(f"{where}{key} = {value!r} is not allowed; give {form}.")
        found[parameter.name] = value
    return found
