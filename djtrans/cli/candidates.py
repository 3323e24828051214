"""``djtrans generate --candidates``: make several transitions of one pair to choose from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from djtrans.cli.progress import show_progress
from djtrans.cli.reports import render_command, report_output, save_report
from djtrans.cli.tables import table_lines
from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import replacing_folder
from djtrans.core.util.output_files import AnyPath, check_folder, check_outputs, write_all
from djtrans.core.util.profiling import timed

if TYPE_CHECKING:
    from djtrans.pipeline.options import GenerateOptions
    from djtrans.pipeline.transition import Transition

#: Folder that is written to without --output.
_DEFAULT_FOLDER = "candidates"


def generate_candidates(
    track_a: str,
    track_b: str,
    count: int,
    folder: str | None,
    options: GenerateOptions,
    *,
    inputs: Mapping[str, AnyPath | None],
    report: str | None,
    report_audio: str,
    visualize: bool,
    quiet: bool,
) -> None:
    """Make several distinct transitions, and write them into a folder, the best first.

    Parameters
    ----------
    track_a, track_b : str
        The tracks.
    count : int
        Number of candidates.
    folder : str, optional
        New or empty folder to write to.
    options : GenerateOptions
    inputs : mapping of str to path
        Files to read, by the option or argument that names them.
    report : str, optional
        Page to compare them.
    report_audio : str
        Where its audio lies.
    visualize : bool
        Also write a picture of each.
    quiet : bool
        Print nothing but errors.

    Raises
    ------
    InputError
        If a result cannot be written, or options exclude each other; before the work.
    """
    begin = time.monotonic()
    out = Path(folder or _DEFAULT_FOLDER)
    _check_folder(out, inputs)
    check_outputs([report_output(report)], inputs)
    with timed("import"):
        from djtrans.pipeline.candidates import check_candidates
        from djtrans.pipeline.candidates import generate_candidates as run
    check_candidates(count, options)
    with show_progress(quiet) as progress:
        found = run(track_a, track_b, count, options, progress=progress)
    names = [f"candidate-{number}" for number in range(1, len(found) + 1)]
    with timed("write"), replacing_folder(out) as part:
        for name, transition in zip(names, found, strict=True):
            _write(part / name, transition, visualize)
    written = [str(out)]
    if report is not None:
        commands = [render_command(out / f"{name}.params.json", track_a, track_b) for name in names]
        save = timed("report")(lambda: save_report(report, report_audio, found, commands, quiet))
        written += write_all({report: save})
    if not quiet:
        command = render_command(out / f"{names[0]}.params.json", track_a, track_b)
        rows = [
            ("render one", command),
            ("seconds", f"{time.monotonic() - begin:.1f}"),
            *(("wrote", path) for path in written),
        ]
        click.echo("\n".join([*_lines(names, found, count), "", *table_lines(rows)]))


def _check_folder(folder: Path, inputs: Mapping[str, AnyPath | None]) -> None:
    check_folder("--output", folder, inputs)
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(
            f"The folder {folder} is not empty; name a new one with -o, or remove it: nothing in "
            "it is replaced."
        )


def _write(stem: Path, transition: Transition, visualize: bool) -> None:
    from djtrans.cli.transition_files import save_picture

    params, audio, picture = (f"{stem}{ending}" for ending in (".params.json", ".wav", ".png"))
    writers: dict[str, Callable[[], object]] = {
        params: lambda: transition.save_params(params),
        audio: lambda: transition.save(audio),
    }
    if visualize:
        writers[picture] = lambda: save_picture(transition, picture)
    write_all(writers)


def _lines(names: Sequence[str], found: Sequence[Transition], count: int) -> list[str]:
    """Return the candidates as a table, and a line if there are fewer than asked for."""
    from djtrans.cli.summary import clock
    from djtrans.core.transition.plan import track_seconds

    rows = [
        (
            name,
            short_name(made.plan.technique),
            str(made.plan.bars),
            *(clock(track_seconds(side.warp, made.plan.swap_seconds)) for side in made.plan.sides),
            f"{made.plan.cost:.2f}",
            *(gate.verdict for gate in made.gates()),
        )
        for name, made in zip(names, found, strict=True)
    ]
    gates = [gate.name for gate in found[0].gates()]
    lines = table_lines(
        rows, ("candidate", "technique", "bars", "swap A", "swap B", "cost", *gates)
    )
    if len(found) < count:
        lines.append(f"only {len(found)} of {count} candidates: no more transitions differ clearly")
    return lines
