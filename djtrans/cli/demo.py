"""``djtrans demo``: synthesize two tracks and mix them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from djtrans.cli.progress import show_progress
from djtrans.cli.transition_files import write_transition
from djtrans.core.contracts.config import check_seed
from djtrans.core.errors import DjtransError
from djtrans.core.util.output_files import check_by_product, make_folder


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
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def demo(out: str, seed: int, quiet: bool) -> None:
    """Synthesize two tracks and mix them with a bass swap."""
    from djtrans.cli.summary import describe
    from djtrans.core.audio.io import write_audio
    from djtrans.pipeline.generation import generate as run
    from djtrans.synthesis import TrackSpec, synthesize

    check_seed(seed)
    begin = time.monotonic()
    folder = make_folder(out)
    _check_demo_folder(folder)
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
    written = write_transition(
        transition,
        os.fspath(folder / "transition.wav"),
        os.fspath(folder / "transition.json"),
        visualize=True,
    )
    if not quiet:
        lines = describe(transition, [*map(os.fspath, paths), *written], time.monotonic() - begin)
        click.echo("\n".join(lines))


def _check_demo_folder(folder: Path) -> None:
    """Raise if the folder has files of the demo's names that are not those of an earlier demo."""
    from djtrans.core.audio.file_facts import content_hash
    from djtrans.core.transition.params_file import load_params

    names = [*(f"{name}.wav" for name in ("track_a", "track_b", "transition")), "transition.png"]
    present = [folder / name for name in names if (folder / name).exists()]
    own = True
    if present:
        try:
            tracks = load_params(folder / "transition.json").provenance.tracks
            own = all(
                content_hash(folder / f"track_{side}.wav") == track.sha256
                for side, track in tracks.items()
            )
        except DjtransError:
            own = False
    for path in (folder / "transition.json", *present):
        check_by_product(path, lambda _: own, instead="choose another folder with --out")
