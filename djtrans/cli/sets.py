"""``djtrans set``: mix many tracks into one set."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import attrs
import click

from djtrans.cli.console import counted
from djtrans.cli.options import record_options, settings_option
from djtrans.cli.progress import show_progress
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.errors import InputError
from djtrans.pipeline.options import GenerateOptions
from djtrans.sets.options import OF_EACH_BOUNDARY, SetOptions

_OF_THE_SET = [field.name for field in attrs.fields(SetOptions)]
_OTHERS = [
    field.name
    for field in attrs.fields(GenerateOptions)
    if field.name not in OF_EACH_BOUNDARY or field.name == "settings"
]


@click.command("set")
@click.argument("tracks", metavar="TRACKS...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="Audio file to write: wav, flac, ogg, mp3.",
)
@record_options(SetOptions, skip=("pin", "gap_at"))
@click.option(
    "--pin", multiple=True, metavar="TRACK=POSITION", help="Track at a position. Repeatable."
)
@click.option(
    "--gap-at",
    multiple=True,
    type=int,
    metavar="N",
    help="Boundary with a fade and a pause, or a cut, in any case. Repeatable.",
)
@record_options(GenerateOptions, skip=_OTHERS)
@settings_option
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Worker processes of one thread each."
)
@click.option(
    "--dask", metavar="ADDRESS", help="Address of the scheduler of a dask cluster to run on."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def set(  # the name of the command, by which it is found
    tracks: tuple[str, ...],
    output: str,
    workers: int,
    dask: str | None,
    as_json: bool,
    quiet: bool,
    set_: tuple[str, ...],
    **options: Any,
) -> None:
    """Mix TRACKS into one set: audio files, folders and .m3u8 playlists.

    A cue sheet, a tracklist, a playlist and a page are written beside the mix, and the params file
    of each boundary into the folder NAME-boundaries. A run that was stopped can be repeated: it
    resumes and ends with the same bytes. A boundary whose params file was edited or replaced is
    rendered again.
    """
    if dask and workers != 1:
        raise InputError("Both --workers and --dask are given; a cluster has its own workers.")
    from djtrans.pipeline.executors import dask_cluster, import_early

    import_early(workers)
    chosen = SetOptions(**{name: options.pop(name) for name in _OF_THE_SET})
    transition = GenerateOptions(settings=read_settings(set_) or None, **options)
    from djtrans.sets.make import make_set as run

    root = click.get_current_context().find_root()
    with (
        dask_cluster(dask) if dask else nullcontext() as cluster,
        show_progress(quiet or as_json) as progress,
    ):
        made = run(
            tracks,
            output,
            chosen,
            transition=transition,
            workers=workers,
            executor=cluster,
            plugin_files=root.params.get("plugin_files", ()),
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps(report(made), indent=1))
    elif not quiet:
        click.echo("\n".join(summary_lines(made)))


def report(made: Any) -> dict[str, Any]:
    """Return a finished set as JSON-ready values."""
    from djtrans.sets.boundaries import Gap

    return {
        "audio": str(made.audio),
        "files": [str(path) for path in made.files],
        "folder": str(made.folder),
        "seconds": made.seconds,
        "sample_rate": made.sample_rate,
        "true_peak_dbtp": made.true_peak_dbtp,
        "trim_db": made.trim_db,
        "tracks": [attrs.asdict(track) for track in made.times],
        "boundaries": [
            {"gap": attrs.asdict(each)}
            if isinstance(each, Gap)
            else {
                "technique": each.technique,
                "bars": each.bars,
                "beat_matched": each.beat_matched,
                "reasons": list(each.reasons),
            }
            for each in made.boundaries
        ],
    }


def summary_lines(made: Any) -> list[str]:
    """Describe a finished set."""
    from djtrans.core.contracts.declaration import short_name
    from djtrans.core.util.names import visible
    from djtrans.sets.boundaries import Gap
    from djtrans.sets.side_files import clock

    lines = []
    for index, track in enumerate(made.times):
        if index:
            each = made.boundaries[index - 1]
            if isinstance(each, Gap):
                what = "fade and pause" if each.fade_seconds else "cut"
                what += f": {each.reason}" if each.reason else ""
            else:
                what = f"{short_name(each.technique)} over {counted(each.bars, 'bar')}"
                what += "" if each.beat_matched else ", not beat-matched"
            lines.append(f"          {what}")
        lines.append(
            f"{clock(track.starts):>8}  {visible(track.label)} ({track.bpm:.1f} BPM, {track.key}, "
            f"{track.gain_db:+.1f} dB)"
        )
    lines.append(
        f"{clock(made.seconds):>8}  end; true peak {made.true_peak_dbtp:.1f} dBTP"
        + (f", lowered by {-made.trim_db:.1f} dB for it" if made.trim_db < -0.05 else "")
    )
    return lines + [f"wrote {path}" for path in made.files]
