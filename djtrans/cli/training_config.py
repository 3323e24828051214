"""Configuration files of ``djtrans train``: read before the options, and written for each run."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from djtrans.core.errors import ConfigError, FormatError, InputError, did_you_mean
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.output_files import check_by_product, same_file, starts_with

if TYPE_CHECKING:
    from djtrans.diffusion.checkpoint import ModelRecord

#: Name of the file that each run writes to its folder.
CONFIG = "config.toml"
_HEADER = "# Configuration of a run of djtrans train"
#: Options that a file does not have: they belong to a call, not to a run.
_CALL_ONLY = ("config", "help", "resume", "quiet", "verbose")
_META = "djtrans.cli.training_config"


def config_option(command: Any) -> Any:
    """Add ``--config``, whose values replace the defaults of the other options."""
    return click.option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=_read,
        help="TOML file with options by their names, such as batch_size = 64; options of the "
        "command line override it.",
    )(command)


def check_config(output: str) -> None:
    """Raise if the folder of a run has a file of the user where the configuration is written."""
    check_by_product(
        Path(output) / CONFIG, starts_with(_HEADER), instead="choose another folder (--output)"
    )


def settings_of_file(context: click.Context) -> tuple[str, ...]:
    """Return the table ``[set]`` of the file as values of ``--set``, which may override it."""
    table: Mapping[str, Any] = context.meta.get(_META, {}).get("set", {})
    return tuple(f"{name}={json.dumps(value)}" for name, value in _flat(table))


def overridden(context: click.Context) -> str:
    """Describe the values of the file that options of the command line override; or ``""``."""
    given = context.meta.get(_META, {})
    source = click.core.ParameterSource.COMMANDLINE
    names = [
        name for name in given if name != "set" and context.get_parameter_source(name) is source
    ]
    file = context.params["config"]
    texts = [f"{name} is {context.params[name]!r} ({given[name]!r} in {file})" for name in names]
    return ", ".join(texts)


def is_from_file(context: click.Context, name: str) -> bool:
    """Return True if the value of an option comes from the file."""
    return context.get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP


def write_config(
    options: Mapping[str, Any], record: ModelRecord, initialized_from: str | None
) -> str:
    """Write the options of a run to its folder, so that the file reproduces the run.

    Parameters
    ----------
    options : mapping
        All options of the command.
    record : ModelRecord
        Model of the run: versions and configs of its components are written.
    initialized_from : str, optional
        Model whose weights the run started from.

    Returns
    -------
    str
        A note if the file is the given configuration, which is not replaced; else ``""``.
    """
    path = Path(options["output"]) / CONFIG
    if options["config"] is not None and path.exists() and same_file(options["config"], path):
        return f"{path} is the given configuration and stays as it is"
    values = {k: v for k, v in options.items() if k not in (*_CALL_ONLY, "set_")}
    values["init_from"] = initialized_from
    values["denoiser"] = record.denoiser.versioned_name
    values["encoders"] = [e.component.versioned_name for e in record.encoders]
    configs = {"denoiser": record.denoiser, "scheduler": record.scheduler}
    configs |= {e.component.versioned_name: e.component for e in record.encoders}
    lines = [_HEADER, "# Again: djtrans train --config THIS_FILE --output ANOTHER_FOLDER"]
    lines += [f"{name} = {_toml(value)}" for name, value in values.items() if value is not None]
    lines += ["", "[set]"]
    for role, component in configs.items():
        for field, value in component.config.items():
            lines.append(f"{_toml(f'{role}.{field}')} = {_toml(value)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "\n".join(lines) + "\n")
    return ""


def _read(context: click.Context, _: click.Parameter, path: str | None) -> str | None:
    if path is None:
        return None
    values = _parse(path)
    known = {
        name.lstrip("-").replace("-", "_"): parameter
        for parameter in context.command.params
        for name in parameter.opts
        if name.startswith("--") and parameter.name not in _CALL_ONLY
    }
    for name, value in values.items():
        if name not in known:
            raise ConfigError(
                f"{path} has an unknown key {name!r}. {did_you_mean(name, known)} Keys are the "
                "names of options of djtrans train, with _ for -."
            )
        _check(path, name, value, known[name])
    if isinstance(values.get("encoders"), list):
        values["encoders"] = ",".join(values["encoders"])
    context.meta[_META] = values
    # Those of the user's configuration file are weaker.
    context.default_map = {
        **(context.default_map or {}),
        **{name: value for name, value in values.items() if name != "set"},
    }
    return path


def _parse(path: str) -> dict[str, Any]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"Cannot read the configuration {path}: {error.strerror}; check the path."
        ) from None
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not a text file in UTF-8; give a TOML file.") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(
            f"{path} is not valid TOML: {error}. Write lines such as batch_size = 64."
        ) from None


def _check(path: str, name: str, value: Any, parameter: click.Parameter) -> None:
    """Raise if a value has another type than the option; click would convert 1.5 steps to 1."""
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    is_bool = isinstance(value, bool)
    is_flag = isinstance(parameter, click.Option) and parameter.is_flag
    checks = {
        "set": (isinstance(value, dict), "a table of settings, such as [set]"),
        "encoders": (texts or isinstance(value, str), "a list of names"),
    }
    if name in checks:
        fits, what = checks[name]
    elif is_flag:
        fits, what = is_bool, "true or false"
    elif parameter.multiple:
        fits, what = texts, "a list of texts"
    elif isinstance(parameter.type, click.types.IntParamType):
        fits, what = isinstance(value, int) and not is_bool, "an integer"
    elif isinstance(parameter.type, click.types.FloatParamType):
        fits, what = isinstance(value, int | float) and not is_bool, "a number"
    else:
        fits, what = isinstance(value, str), "a text in quotes"
    if not fits:
        raise ConfigError(f"{path}: {name} = {value!r} is not allowed; give {what}.")


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """List the values of nested tables by their dotted names."""
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def _toml(value: Any) -> str:
    """Format a value; strings of JSON are strings of TOML, too."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)
