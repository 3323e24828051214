"""The ``djtrans`` command-line interface."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from djtrans import __version__
from djtrans.cli.console import (
    fail,
    open_closed_streams,
    results_only,
    show_warnings,
    tolerate_any_text,
)
from djtrans.cli.lazy_group import LazyCommand, LazyGroup
from djtrans.cli.memory_errors import describe_memory_error
from djtrans.cli.termination import INTERRUPTED, TERMINATED, interrupt_on_sigterm
from djtrans.cli.user_defaults import group_defaults, read_defaults
from djtrans.core.errors import DjtransError
from djtrans.core.util.environment import CORRECTIONS, LIBRARY, environment

#: Commands: name, module and summary.
_COMMANDS = (
    (
        "analyze",
        "analyze",
        "Print tempo, key, loudness, sections and vocals of FILES, and what is corrected.",
    ),
    (
        "bench",
        "bench",
        "Compare analyzers and separators on datasets, techniques and models on pairs, and mixers.",
    ),
    ("cache", "cache", "Show or clear the cache of analyses, stems and web pages."),
    ("collect", "collect", "Save the tracklists of mixes as JSON files."),
    ("demo", "demo", "Synthesize two tracks and mix them with a bass swap."),
    (
        "doctor",
        "doctor",
        "Check versions, devices, weights, cache, plugins and codecs, and show what mends them.",
    ),
    (
        "edit",
        "edit",
        "Change the swap, gains, technique or curves of a params file, for 'djtrans render'.",
    ),
    ("evaluate", "evaluate", "Measure a transition, or compare techniques over many pairs."),
    (
        "export",
        "export",
        (
            "Export the model of a training checkpoint as safetensors, or its network to other "
            "runtimes."
        ),
    ),
    (
        "export-as",
        "export_as",
        "Export a transition to other programs, from its params file.",
    ),
    (
        "export-mixer",
        "export_mixer",
        "Export the registered mixer MIXER for windows of one length to torch.export.",
    ),
    ("extract", "extract", "Cut transitions out of mixes and align the original tracks."),
    ("fit", "fit", "Recover the curves of a mix of A and B (inverse mixing)."),
    ("generate", "transitions", "Make a transition from track A into track B."),
    ("grid", "grid", "Show or correct the beat grid, key, cues and sections of FILES."),
    ("layout", "inspect", "Print the parameters of a mixer, one per row."),
    (
        "plan",
        "plan",
        "List the best plans from A into B, which differ clearly, with their costs and faults.",
    ),
    ("plugins", "inspect", "List the registered components, and plugins that failed."),
    ("prepare", "prepare", "Prepare training pairs with stems, analyses and curves."),
    ("render", "transitions", "Render a transition from its params file, which may be edited."),
    (
        "set",
        "sets",
        "Mix TRACKS into one set: audio files, folders and .m3u8 playlists.",
    ),
    ("train", "train", "Train a diffusion model that generates transition curves."),
    ("visualize", "pictures", "Plot a transition from its params file."),
)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog="Start with 'djtrans demo', or with two of your tracks: 'djtrans generate A B'.",
    lazy_commands={
        name: LazyCommand(f"djtrans.cli.{module}", summary) for name, module, summary in _COMMANDS
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        return
    given = {LIBRARY: os.pathsep.join(libraries), CORRECTIONS: corrections}
    ctx.with_resource(environment({name: value for name, value in given.items() if value}))
    if plugin_files:
        from djtrans.registry import default_registry

        with results_only():
            for path in plugin_files:
                default_registry().register_file(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; errors of the user are printed on one line, with exit code 2."""
    open_closed_streams()
    show_warnings()
    tolerate_any_text()
    # Pictures are only written, so a backend for windows that is set but missing does not matter.
    os.environ["MPLBACKEND"] = "agg"
    try:
        with interrupt_on_sigterm() as terminated:
            defaults = read_defaults()
            code = cli.main(
                args=arguments,
                prog_name="djtrans",
                standalone_mode=False,
                default_map=group_defaults(cli, defaults),
                obj=defaults,
            )
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


def run() -> None:
    """Run the command as a program: :func:`main`, then end the process at once.

    Python takes 0.4 s to dismantle its modules once torch is loaded. As the first exit handler,
    the one registered here is called last: temporary files are removed, and threads have ended.
    """
    status: list[int] = []
    atexit.register(_end_process, status)
    try:
        main()
    except SystemExit as done:
        if isinstance(done.code, int):
            status.append(done.code)
        raise


def _end_process(status: Sequence[int]) -> None:
    """End the process with an exit status; without one, such as after a traceback, do nothing."""
    if not status or "torch" not in sys.modules:
        return
    logging.shutdown()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status[0])


def _discard_output() -> None:
    """Send what is left of the output nowhere, so that the interpreter can flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
