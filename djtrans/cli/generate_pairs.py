"""``djtrans generate --pairs``: make the transitions of a table of pairs in one process."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from djtrans.cli.console import print_error
from djtrans.cli.progress import show_progress
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.output_files import (
    AnyPath,
    Output,
    check_by_product,
    check_folder,
    check_outputs,
    make_folder,
)
from djtrans.core.util.profiling import timed

if TYPE_CHECKING:
    from djtrans.evaluation import TrackPair
    from djtrans.pipeline.options import GenerateOptions

#: Columns that replace an option of the command where they are not empty.
_COLUMNS = ("technique", "stems_a", "stems_b", "cue_a", "cue_b")


def generate_pairs(
    table: str, folder: str, options: GenerateOptions, *, visualize: bool, quiet: bool
) -> int:
    """Make the transition of each pair, and write ``NAME.wav`` and ``NAME.json`` into a folder.

    A pair that fails is reported after the others.

    Parameters
    ----------
    table : str
        CSV file, see :func:`djtrans.evaluation.read_pairs`.
    folder : str
        Folder to write to; created if missing.
    options : GenerateOptions
        Options of all pairs; cells of the table replace them.
    visualize : bool
        Also write ``NAME.png``.
    quiet : bool
        Print nothing but errors.

    Returns
    -------
    int
        Exit status: 2 if a pair failed.

    Raises
    ------
    InputError
        If the table is wrong, or a file to write is one of the tracks; before the first pair.
    """
    from djtrans.evaluation import read_pairs

    pairs = read_pairs(table)
    out = Path(folder)
    _check(pairs, table, out, options, visualize)
    make_folder(folder)
    with timed("import"):
        from djtrans.diffusion import load_model
        from djtrans.pipeline.generation import generate
        from djtrans.plot import save_figure
    if isinstance(options.model, str) and options.model not in ("auto", "none"):
        with timed("model"):
            options = attrs.evolve(options, model=load_model(options.model, options.device))
    failed: dict[str, str] = {}
    for number, pair in enumerate(pairs, 1):
        try:
            with timed(pair.label), show_progress(quiet) as progress:
                tracks = str(pair.a), str(pair.b)  # a table has no tracks but files
                made = generate(*tracks, _options(pair, options), progress=progress)
                with timed("write"):
                    made.save_params(out / f"{pair.label}.json")
                    made.save(out / f"{pair.label}.wav")
                    if visualize:
                        save_figure(made.plot(), out / f"{pair.label}.png")
        except DjtransError as error:
            failed[pair.label] = str(error)
            continue
        if not quiet:
            technique = made.plan.technique.rpartition("/")[2]
            click.echo(
                f"{number} of {len(pairs)}  {pair.label}: {technique}, {made.plan.bars} bars, "
                f"wrote {out / pair.label}.wav"
            )
    for label, message in failed.items():
        print_error(f"{label}: {message}")
    if failed and not quiet:
        click.echo(f"{len(pairs) - len(failed)} of {len(pairs)} pairs were made", err=True)
    return 2 if failed else 0


def _options(pair: TrackPair, options: GenerateOptions) -> GenerateOptions:
    """Return the options of a pair: cells of the table replace those of the command."""
    cells = {name: getattr(pair, name) for name in _COLUMNS}
    return attrs.evolve(options, **{name: cell for name, cell in cells.items() if cell})


def _check(
    pairs: tuple[TrackPair, ...],
    table: str,
    out: Path,
    options: GenerateOptions,
    visualize: bool,
) -> None:
    """Raise before the work if a result cannot be written or would replace another file."""
    from djtrans.plot.save import is_own_picture

    for pair in pairs:
        if Path(pair.label).name != pair.label:
            raise InputError(
                f"The name {pair.label!r} in {table} is not a file name; give one without slashes."
            )
        _options(pair, options)
    endings = ("json", "wav", *(("png",) if visualize else ()))
    outputs = [
        Output(f"{ending} of {pair.label}", out / f"{pair.label}.{ending}")
        for pair in pairs
        for ending in endings
    ]
    inputs: dict[str, AnyPath | None] = {"the table": table, "--vary": options.vary}
    for pair in pairs:
        for name in ("a", "b", "stems_a", "stems_b"):
            inputs[f"{name} of {pair.label}"] = getattr(pair, name)
    check_folder("--output", out)
    if out.exists():
        check_outputs(outputs, inputs)
    for pair in pairs:
        params = out / f"{pair.label}.json"
        for ending in endings:
            is_own = is_own_picture if ending == "png" else partial(_is_params_file, params)
            check_by_product(
                out / f"{pair.label}.{ending}", is_own, instead="choose another folder with -o"
            )


def _is_params_file(params: Path, _: Path) -> bool:
    """Return True if the params file of a pair is there, so that its audio is djtrans's, too."""
    from djtrans.core.transition.params_file import load_params

    try:
        load_params(params)
    except DjtransError:
        return False
    return True
