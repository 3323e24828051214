"""``djtrans generate``, ``render`` and ``demo``: make and render transitions."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.options import record_options, settings_option
from djtrans.cli.progress import show_progress
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.errors import InputError
from djtrans.pipeline.options import GenerateOptions

if TYPE_CHECKING:
    from djtrans.pipeline.transition import Transition

_DEFAULT_OUTPUT = "transition.wav"
_output = click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="Audio file to write: wav, flac, ogg, mp3.",
)
_visualize = click.option(
    "--visualize", is_flag=True, help="Also write a plot next to the audio (PNG)."
)
_device = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or mps."
)
_quiet = click.option("--quiet", is_flag=True, help="Print nothing but errors.")


@click.command()
@click.argument("track_a", metavar="A")
@click.argument("track_b", metavar="B")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Audio file to write: wav, flac, ogg, mp3; default: {_DEFAULT_OUTPUT}.",
)
@record_options(GenerateOptions, skip=("settings",))
@settings_option
@click.option("--save-params", metavar="FILE", help="Also write the params file (JSON).")
@_visualize
@_quiet
def generate(
    track_a: str,
    track_b: str,
    output: str | None,
    save_params: str | None,
    visualize: bool,
    quiet: bool,
    set_: tuple[str, ...],
    **options: Any,
) -> None:
    """Make a transition from track A into track B."""
    if output is None:
        output = _DEFAULT_OUTPUT
        if Path(output).exists():
            raise InputError(
                f"{output} exists already; name the file to write with -o "
                f"(-o {output} overwrites it)."
            )
    _check_outputs(output, save_params)
    chosen = GenerateOptions(settings=read_settings(set_), **options)
    from djtrans.cli.summary import describe
    from djtrans.pipeline.generation import generate as run

    begin = time.monotonic()
    with show_progress(quiet) as progress:
        transition = run(track_a, track_b, chosen, progress=progress)
    written = _write(transition, output, save_params, visualize)
    if not quiet:
        lines = describe(transition, written, time.monotonic() - begin, chosen.duration)
        click.echo("\n".join(lines))


@click.command()
@click.argument("params", metavar="PARAMS")
@click.argument("track_a", metavar="A")
@click.argument("track_b", metavar="B")
@_output
@click.option("--stems-a", metavar="DIR", help="Folder with ready stems of A, if it was moved.")
@click.option("--stems-b", metavar="DIR", help="Folder with ready stems of B, if it was moved.")
@_visualize
@_device
@_quiet
def render(
    params: str,
    track_a: str,
    track_b: str,
    output: str,
    visualize: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Render a transition from its params file, which may be edited."""
    _check_outputs(output, None)
    from djtrans.pipeline.rendering import render as run

    with show_progress(quiet) as progress:
        transition = run(params, track_a, track_b, progress=progress, **options)
    written = _write(transition, output, None, visualize)
    if not quiet:
        click.echo("\n".join(f"wrote {path}" for path in written))


@click.command()
@click.option(
    "--out",
    default="demo-output",
    show_default=True,
    metavar="DIR",
    help="Folder to write to; created if missing.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the two synthesized tracks."
)
@_quiet
def demo(out: str, seed: int, quiet: bool) -> None:
    """Synthesize two tracks and mix them with a bass swap."""
    from djtrans.cli.summary import describe
    from djtrans.core.audio.io import write_audio
    from djtrans.pipeline.generation import generate as run
    from djtrans.synthesis import TrackSpec, synthesize

    begin = time.monotonic()
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot create the folder {out!r}: {error.strerror}.") from error
    _check_outputs(os.fspath(folder / "transition.wav"), None)
    # Adjacent keys and tempos 2.4 % apart: a pair that a DJ would choose. Short, to be fast.
    specs = {
        "track_a": TrackSpec(
            bpm=126.0,
            tonic=9,
            seed=2 * seed,
            structure=(("intro", 8), ("drop", 24), ("outro", 16)),
        ),
        "track_b": TrackSpec(
            bpm=123.0,
            tonic=4,
            seed=2 * seed + 1,
            structure=(("intro", 8), ("drop", 24), ("outro", 8)),
        ),
    }
    paths = []
    for name, spec in specs.items():
        track = synthesize(spec)
        paths.append(folder / f"{name}.wav")
        write_audio(paths[-1], track.audio, track.stems.sample_rate)
    with show_progress(quiet) as progress:
        transition = run(paths[0], paths[1], technique="bass-swap", seed=seed, progress=progress)
    written = _write(
        transition,
        os.fspath(folder / "transition.wav"),
        os.fspath(folder / "transition.json"),
        visualize=True,
    )
    if not quiet:
        lines = describe(transition, [*map(os.fspath, paths), *written], time.monotonic() - begin)
        click.echo("\n".join(lines))


def _check_outputs(output: str, params: str | None) -> None:
    """Fail before the work if a result cannot be written."""
    from djtrans.core.audio.io import WRITABLE

    if Path(output).suffix.lower() not in WRITABLE:
        raise InputError(
            f"Cannot write {output!r}: give a file name that ends in {', '.join(WRITABLE)}."
        )
    for path in (output, params):
        if path is None:
            continue
        folder = Path(path).absolute().parent
        if Path(path).is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise InputError(
                f"Cannot write {path!r}: give a file name in a folder that exists and is writable."
            )


def _write(transition: Transition, output: str, params: str | None, visualize: bool) -> list[str]:
    written = [output]
    transition.save(output)
    if params is not None:
        transition.save_params(params)
        written.append(params)
    if visualize:
        from djtrans.plot import save_figure

        picture = os.fspath(Path(output).with_suffix(".png"))
        save_figure(transition.plot(), picture)
        written.append(picture)
    return written
