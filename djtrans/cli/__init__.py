"""The ``djtrans`` command-line interface."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from djtrans import __version__
from djtrans.cli.analyze import analyze
from djtrans.cli.cache import cache
from djtrans.cli.collect import collect
from djtrans.cli.console import (
    fail,
    open_closed_streams,
    results_only,
    show_warnings,
    tolerate_any_text,
)
from djtrans.cli.edit import edit
from djtrans.cli.evaluate import evaluate
from djtrans.cli.export import export
from djtrans.cli.export_as import export_as
from djtrans.cli.extract import extract
from djtrans.cli.fit import fit
from djtrans.cli.grid import grid
from djtrans.cli.inspect import layout, plugins
from djtrans.cli.memory_errors import describe_memory_error
from djtrans.cli.pictures import visualize
from djtrans.cli.plan import plan
from djtrans.cli.prepare import prepare
from djtrans.cli.termination import INTERRUPTED, TERMINATED, interrupt_on_sigterm
from djtrans.cli.train import train
from djtrans.cli.transitions import demo, generate, render
from djtrans.core.errors import DjtransError
from djtrans.core.util.environment import CORRECTIONS, LIBRARY, environment


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="djtrans")
@click.option(
    "--plugin",
    "plugin_files",
    multiple=True,
    metavar="FILE",
    help="Also load a plugin from a Python file; its namespace is the file's name.",
)
@click.option(
    "--library",
    "libraries",
    multiple=True,
    metavar="LIBRARY",
    help="Use grids, cues and keys of a library of DJ software; also DJTRANS_LIBRARY.",
)
@click.option(
    "--corrections",
    metavar="DIR",
    help="Folder of corrections by content, instead of files beside the tracks; also "
    "DJTRANS_CORRECTIONS.",
)
@click.pass_context
def cli(
    ctx: click.Context,
    plugin_files: tuple[str, ...],
    libraries: tuple[str, ...],
    corrections: str | None,
) -> None:
    """Make beat-matched DJ transitions between two tracks."""
    given = {LIBRARY: os.pathsep.join(libraries), CORRECTIONS: corrections}
    ctx.with_resource(environment({name: value for name, value in given.items() if value}))
    if plugin_files:
        from djtrans.registry import default_registry

        with results_only():
            for path in plugin_files:
                default_registry().register_file(path)


for command in (
    analyze,
    grid,
    plan,
    generate,
    render,
    edit,
    export_as,
    visualize,
    evaluate,
    extract,
    fit,
    prepare,
    train,
    export,
    collect,
    demo,
    plugins,
    layout,
    cache,
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; errors of the user are printed on one line, with exit code 2."""
    open_closed_streams()
    show_warnings()
    tolerate_any_text()
    # Pictures are only written, so a backend for windows that is set but missing does not matter.
    os.environ["MPLBACKEND"] = "agg"
    try:
        with interrupt_on_sigterm() as terminated:
            code = cli.main(args=arguments, prog_name="djtrans", standalone_mode=False)
            sys.stdout.flush()  # an output that is full fails here, not at exit
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "djtrans"
        fail(f"{error.format_message()} See '{command} --help'.")
    except click.ClickException as error:
        fail(error.format_message())
    except DjtransError as error:
        fail(str(error))
    except BrokenPipeError:  # the reader of the output, such as head, has enough
        _discard_output()
        sys.exit(141)
    except OSError as error:
        if error.errno is None:
            raise
        try:
            sys.stdout.flush()
        except OSError:
            _discard_output()
        file = f"{error.filename}: " if error.filename else ""
        fail(f"{file}{os.strerror(error.errno)}.")
    # Before RuntimeError, which click.Abort is.
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"djtrans: {'terminated' if terminated else 'interrupted'}.", err=True)
        sys.exit(TERMINATED if terminated else INTERRUPTED)
    except (RuntimeError, MemoryError) as error:
        if message := describe_memory_error(error):
            fail(message)
        raise
    sys.exit(code if isinstance(code, int) else 0)


def _discard_output() -> None:
    """Send what is left of the output nowhere, so that the interpreter can flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
