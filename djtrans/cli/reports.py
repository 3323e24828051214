"""Options of the listening report, and the check of the files that it writes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from djtrans.core.errors import InputError
from djtrans.core.util.output_files import AnyPath, Output
from djtrans.core.util.profiling import timed

if TYPE_CHECKING:
    from djtrans.pipeline.transition import Transition

F = TypeVar("F", bound=Callable[..., Any])


def report_options(command: F) -> F:
    """Add ``--report`` and ``--report-audio``."""
    for option in (
        click.option(
            "--report-audio",
            type=click.Choice(("inline", "files")),
            default="inline",
            show_default=True,
            help="Audio of the report: in the page, or in a folder beside it.",
        ),
        click.option(
            "--report",
            metavar="FILE",
            help="Also write a page to listen to the transition, and to see why it is as it is "
            "(HTML).",
        ),
    ):
        command = option(command)
    return command


def report_output(report: str | None) -> Output:
    """Return the page as an output to check."""
    return Output("--report", report, (".html", ".htm"))


def check_report(report: str | None, audio: str) -> None:
    """Raise before the work if the folder of the audio would replace another.

    Raises
    ------
    InputError
        If it would, or if the audio of no report is asked for.
    """
    if report is None:
        if audio != "inline":
            raise InputError("--report-audio has no effect without --report FILE; give both.")
        return
    if audio == "files":
        from djtrans.report.listening_page.audio_files import check_audio_folder

        check_audio_folder(report)


def save_report(
    report: str,
    audio: str,
    transitions: Sequence[Transition],
    commands: Sequence[str],
    quiet: bool,
) -> None:
    """Write the page, with progress."""
    from djtrans.cli.progress import show_progress

    with timed("import"):
        from djtrans.pipeline.listening_report import write_report
    with timed("page"), show_progress(quiet) as progress:
        write_report(report, transitions, audio=audio, commands=commands, progress=progress)


def render_command(params: AnyPath, a: str, b: str, output: str = "transition.wav") -> str:
    """Return the command that renders a params file, ``""`` without one."""
    words = ["djtrans", "render", os.fspath(params), a, b, "-o", output]
    return shlex.join(words) if params else ""
