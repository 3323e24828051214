"""Options of a set: order, times, gaps, loudness and tempo."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import attrs

from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import InputError
from djtrans.core.util.option_records import with_fields
from djtrans.pipeline.options import AUTO, GenerateOptions

#: Shapes of the energy over a set.
ARCS = ("peak", "rise", "flat")
#: Kinds of boundary where no beat-matched transition is possible; ``"auto"`` leaves it to the
#: planner's techniques that need none, and fades where none of them fits.
GAPS = (AUTO, "fade", "cut")
#: Options of a transition that apply to every boundary of a set.
OF_EACH_BOUNDARY = (
    *("technique", "model", "scheduler", "steps", "guidance_scale", "refine", "best_of"),
    *("objective_guidance", "analyzer", "separator", "bars", "tempo", "stretch_limit"),
    *("mixer", "settings", "device", "seed"),
)


def _cli(help: str, metavar: str | None = None) -> dict[str, str | None]:
    """Metadata of a field that is an option of the command line, too."""
    return {"help": help, "metavar": metavar}


@attrs.frozen(kw_only=True)
class SetOptions:
    """Options of :func:`djtrans.make_set`; each is a keyword argument of it, too.

    Attributes
    ----------
    keep_order : bool
        Keep the order in which the tracks are given.
    first, last : str, optional
        Track at the start and at the end: its number in the given order, or its file name.
    pin : tuple of str
        Tracks at fixed positions, each as ``"TRACK=POSITION"``.
    arc : {"peak", "rise", "flat"}
        Energy over the set: highest at two thirds, at the end, or without a shape.
    min_seconds, max_seconds : float, optional
        Least and greatest time of each track, from the swap at its start to the one at its end.
    gap : {"auto", "fade", "cut"}
        What to do where no beat-matched transition is possible: a technique that needs no common
        beat (``"auto"``), a fade and a pause, or a cut from the end of a track to the next one.
    gap_at : tuple of int
        Boundaries, by number, with a gap in any case; a fade unless `gap` is ``"cut"``.
    fade_seconds, pause_seconds : float
        Length of the fade at the end of a track, and of the silence after it.
    loudness_lufs : float
        Integrated loudness to which each track is brought. The whole set is lowered further if its
        true peak would exceed -1 dBTP.
    ease_bars : int
        Bars after a transition over which the tempo of a track changes to that of the next one.
    sample_rate : int, optional
        Sample rate of the mix in Hz; the highest of the tracks by default.
    skip_missing : bool
        Leave out files of a playlist that do not exist, with a warning, instead of an error.

    Raises
    ------
    InputError
        If an option is not allowed, or two exclude each other.

    See Also
    --------
    djtrans.GenerateOptions : Options of the transitions.

    Examples
    --------
    >>> import djtrans
    >>> djtrans.SetOptions(max_seconds=180.0).gap
    'auto'
    """

    keep_order: bool = attrs.field(
        default=False, metadata=_cli("Keep the order in which the tracks are given.")
    )
    first: str | None = attrs.field(
        default=None,
        metadata=_cli("Track at the start: its number in the list, or file name.", "TRACK"),
    )
    last: str | None = attrs.field(default=None, metadata=_cli("Track at the end.", "TRACK"))
    pin: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)
    arc: str = attrs.field(
        default="peak",
        metadata=_cli(
            "Energy over the set: highest at two thirds (peak), at the end (rise), or no shape "
            "(flat).",
            "peak|rise|flat",
        ),
    )
    min_seconds: float | None = attrs.field(
        default=None, metadata=_cli("Least time per track, from swap to swap, in seconds.")
    )
    max_seconds: float | None = attrs.field(
        default=None, metadata=_cli("Greatest time per track, from swap to swap, in seconds.")
    )
    gap: str = attrs.field(
        default=AUTO,
        metadata=_cli(
            "Where no beat-matched transition is possible: another technique (auto), a fade and a "
            "pause, or a cut.",
            "auto|fade|cut",
        ),
    )
    gap_at: tuple[int, ...] = attrs.field(default=(), converter=as_tuple)
    fade_seconds: float = attrs.field(
        default=6.0, metadata=_cli("Length of the fade before a pause, in seconds.")
    )
    pause_seconds: float = attrs.field(
        default=1.0, metadata=_cli("Length of the silence after a fade, in seconds.")
    )
    loudness_lufs: float = attrs.field(
        default=-14.0, metadata=_cli("Integrated loudness of each track, in LUFS.")
    )
    ease_bars: int = attrs.field(
        default=16,
        metadata=_cli("Bars after a transition over which a track changes to its next tempo."),
    )
    sample_rate: int | None = attrs.field(
        default=None, metadata=_cli("Sample rate of the mix in Hz; default: the highest one.")
    )
    skip_missing: bool = attrs.field(
        default=False, metadata=_cli("Leave out missing files of a playlist, with a warning.")
    )

    def __attrs_post_init__(self) -> None:
        for name, allowed in (("arc", ARCS), ("gap", GAPS)):
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"{name} = {getattr(self, name)!r} is not allowed; choose {', '.join(allowed)}."
                )
        _check("min_seconds", self.min_seconds, 0.0, 7200.0)
        _check("max_seconds", self.max_seconds, 20.0, 7200.0)
        _check("fade_seconds", self.fade_seconds, 0.01, 60.0)
        _check("pause_seconds", self.pause_seconds, 0.0, 60.0)
        _check("loudness_lufs", self.loudness_lufs, -40.0, -5.0)
        _check("ease_bars", self.ease_bars, 1, 64)
        _check("sample_rate", self.sample_rate, 8000, 192000)
        least, most = self.min_seconds, self.max_seconds
        if least is not None and most is not None and least >= most:
            raise InputError(
                f"min_seconds = {least:g} is not less than max_seconds = {most:g}; leave a minute "
                "between them for a transition."
            )
        if self.keep_order and (self.first or self.last or self.pin):
            raise InputError(
                "keep_order is given with first, last or pin, which change the order; give the "
                "tracks in the order wanted, or leave keep_order out."
            )

    @classmethod
    def of(cls, options: SetOptions | None, fields: Mapping[str, Any]) -> SetOptions:
        """Combine options with fields that replace some of them.

        Raises
        ------
        InputError
            If there is no such field.
        """
        return with_fields(options or cls(), fields)


def check_transition_options(options: GenerateOptions) -> None:
    """Raise InputError if an option is given that does not apply to every boundary of a set."""
    for field in attrs.fields(GenerateOptions):
        given = getattr(options, field.name) != field.default
        if given and field.name not in OF_EACH_BOUNDARY:
            raise InputError(
                f"{field.name} belongs to a single transition; leave it out, or replace the params "
                "file of one boundary (docs/sets.md)."
            )
    if options.refine not in (AUTO, "off"):
        raise InputError(f"refine = {options.refine!r} is not allowed for a set; choose auto, off.")


def _check(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name} = {value:g} is not allowed; give {low:g} to {high:g}.")
