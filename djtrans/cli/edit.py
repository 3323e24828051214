"""``djtrans edit``: change a params file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from djtrans.cli.options import read_record, settings_option
from djtrans.core.contracts.overrides import read_settings
from djtrans.core.errors import InputError
from djtrans.core.transition.output_level import read_level
from djtrans.core.util.output_files import Output, check_inputs, check_outputs

if TYPE_CHECKING:
    from djtrans.core.transition.params_file import ParamsFile

_GAIN = click.FloatRange(-24.0, 24.0)
_MOVE = re.compile(r"([+-]?\d+) *(bars?|beats?)")


class _MoveType(click.ParamType):  # type: ignore[type-arg]  # not generic before click 8.2
    """A distance of bars or beats, such as ``+1bar``: a number and ``"bar"`` or ``"beat"``."""

    name = "distance"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        """Parse a distance."""
        found = _MOVE.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is no distance; give bars or beats, such as +1bar or -2beats.")
        return int(found[1]), found[2].rstrip("s")


@click.command()
@click.argument("params", metavar="PARAMS")
@click.option(
    "--move-swap",
    "move",
    type=_MoveType(),
    metavar="+1bar|-2beats",
    help="Move the swap within the window, and the curves with it.",
)
@click.option(
    "--gain-a", type=_GAIN, metavar="DB", help="Change the gain of A by so many dB, -24 to 24."
)
@click.option(
    "--gain-b", type=_GAIN, metavar="DB", help="Change the gain of B by so many dB, -24 to 24."
)
@click.option(
    "--technique",
    help="Technique whose rules generate the curves again; needs --redraw.",
)
@click.option(
    "--redraw",
    is_flag=True,
    help="Generate the curves again by the rules of the technique, without looking at the audio.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Variation that --redraw generates."
)
@click.option(
    "--curves",
    metavar="FILE",
    help="Table of curves (CSV) that 'djtrans export-as csv' wrote, and that was edited.",
)
@click.option("--level", metavar="match-a|peak|LUFS", help="Level of the output.")
@settings_option
@click.option("-o", "--output", required=True, metavar="FILE", help="Params file to write (JSON).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def edit(
    params: str,
    curves: str | None,
    output: str,
    quiet: bool,
    set_: tuple[str, ...],
    level: str | None,
    **changes: Any,
) -> None:
    """Change the swap, gains, technique or curves of a params file, for 'djtrans render'.

    Changes are made in this order: --curves, --move-swap, --redraw, and then the others. Both
    tracks stay aligned as they are; for another alignment make the transition again.
    """
    inputs = {"PARAMS": params, "--curves": curves}
    check_outputs([Output("--output", output, (".json",))], inputs)
    check_inputs(inputs)
    settings = read_settings(set_)
    if level is not None:
        level = read_record(read_level, level=level)
    _check(changes, curves, bool(settings), level)
    import attrs

    from djtrans.core.transition.params_file import load_params, save_params
    from djtrans.core.transition.sources import check_not_source

    content = load_params(params)
    check_not_source(output, content.provenance)
    lines: list[str] = []
    if curves is not None:
        content = _with_table(content, curves, lines)
    content = _changed(content, settings, level, lines, **changes)
    # The overview describes the audio of the former curves.
    save_params(output, attrs.evolve(content, overview=None))
    if not quiet:
        click.echo("\n".join([*lines, f"wrote {output}"]))


def _check(changes: dict[str, Any], curves: str | None, settings: bool, level: str | None) -> None:
    """Fail before the work if nothing is to be changed, or options exclude each other."""
    if changes["technique"] is not None:
        if not changes["redraw"]:
            raise InputError(
                "--technique generates all curves again; add --redraw to confirm that those of "
                "the file are replaced."
            )
        from djtrans.registry import default_registry

        default_registry().techniques.find(changes["technique"])
    if curves is not None and changes["redraw"]:
        raise InputError("--redraw would replace the curves of --curves; give one of them.")
    made = [changes[name] is not None for name in ("move", "gain_a", "gain_b")]
    if not any([*made, changes["redraw"], curves is not None, settings, level is not None]):
        raise InputError(
            "Nothing is to be changed; give --move-swap, --gain-a, --gain-b, --redraw, --curves, "
            "--level or --set."
        )


def _with_table(content: ParamsFile, curves: str, lines: list[str]) -> ParamsFile:
    import attrs

    from djtrans.core.curves.curves_csv import read_curves_csv

    table = read_curves_csv(curves, content.params)
    lines.append(f"changed {len(table.changed)} curves: {', '.join(table.changed) or 'none'}")
    if table.absent:
        lines.append(f"kept {len(table.absent)} curves that the table does not have")
    return attrs.evolve(content, params=table.params)


def _changed(
    content: ParamsFile,
    settings: dict[str, Any],
    level: str | None,
    lines: list[str],
    *,
    move: tuple[int, str] | None,
    gain_a: float | None,
    gain_b: float | None,
    technique: str | None,
    redraw: bool,
    seed: int,
) -> ParamsFile:
    """Make the changes, and add a line for each."""
    from djtrans.core.contracts.declaration import short_name
    from djtrans.pipeline import editing

    of_mixer, of_technique = editing.split_settings(settings)
    if of_technique and not redraw:
        raise InputError(
            f"technique.{next(iter(of_technique))} only matters where the curves are generated "
            "again; add --redraw."
        )
    if move is not None:
        beats = move[0] * (content.plan.beats_per_bar if move[1] == "bar" else 1)
        content = editing.move_swap(content, beats)
        beat = content.plan.swap_beat
        lines.append(
            f"moved the swap by {beats:+d} beats, to beat {beat + 1} of the window: bar "
            f"{content.plan.a.swap_bar + 1} of A, bar {content.plan.b.swap_bar + 1} of B"
        )
    if redraw:
        content = editing.redraw(content, technique, config=of_technique, seed=seed)
        name = short_name(content.plan.technique)
        lines.append(f"generated all curves by the rules of {name}")
    for side, gain in (("a", gain_a), ("b", gain_b)):
        if gain is not None:
            content = editing.change_gain(content, side, gain)
            track = content.plan.a if side == "a" else content.plan.b
            lines.append(f"changed the gain of {side.upper()} to {track.gain_db:+.1f} dB")
    if of_mixer:
        content = editing.configure_mixer(content, of_mixer)
        lines.append(f"set {', '.join(of_mixer)}")
    if level is not None:
        content = editing.set_level(content, level)
        lines.append(f"set the level to {level}")
    return content
