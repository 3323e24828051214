"""Check and write the files of a transition: audio, params file, picture and report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from djtrans.cli.reports import report_output, save_report
from djtrans.core.util.output_files import (
    AnyPath,
    Output,
    check_by_product,
    check_outputs,
    write_all,
)
from djtrans.core.util.profiling import timed

if TYPE_CHECKING:
    from djtrans.core.util.progress import ProgressCallback
    from djtrans.pipeline.transition import Transition


def check_transition_outputs(
    output: str,
    params: str | None,
    visualize: bool,
    inputs: Mapping[str, AnyPath | None],
    report: str | None = None,
) -> None:
    """Fail before the work if a result cannot be written or would replace another file."""
    from djtrans.core.audio.containers import WRITABLE
    from djtrans.plot.save import FORMATS, is_own_picture

    picture = _picture(output) if visualize else None
    check_outputs(
        [
            Output("--output", output, tuple(WRITABLE)),
            Output("--save-params", params, excluded=(*WRITABLE, *FORMATS)),
            Output("--visualize", picture),
            report_output(report),
        ],
        inputs,
    )
    if picture is not None:
        check_by_product(picture, is_own_picture, instead="move it, or choose another name with -o")


def report_writers(
    report: str | None, audio: str, transition: Transition, command: str, quiet: bool
) -> dict[str, Callable[[], object]]:
    """Return the function that writes the report, by its path, if one is asked for."""
    if report is None:
        return {}
    return {report: lambda: save_report(report, audio, [transition], [command], quiet)}


def _picture(output: str) -> str:
    return os.fspath(Path(output).with_suffix(".png"))


def save_picture(transition: Transition, picture: str) -> None:
    """Plot a transition and write the picture."""
    with timed("import"):
        from djtrans.plot import save_figure
    figure = transition.plot()
    with timed("file"):
        save_figure(figure, picture)


def write_transition(
    transition: Transition,
    output: str,
    params: str | None,
    visualize: bool,
    progress: ProgressCallback | None = None,
    further: Mapping[str, Callable[[], object]] | None = None,
) -> list[str]:
    """Write the results, the params file first: the others can be made again from it."""
    from djtrans.pipeline.progress import Steps

    writers: dict[str, Callable[[], object]] = {}
    if params is not None:
        writers[params] = timed("params file")(lambda: transition.save_params(params))
    writers[output] = timed("audio")(lambda: transition.save(output))
    if visualize:
        picture = _picture(output)
        writers[picture] = timed("picture")(lambda: save_picture(transition, picture))
    for path, write in (further or {}).items():
        writers[path] = timed("report")(write)
    with Steps(progress).step("write"):
        return write_all(writers)
