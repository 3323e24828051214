"""Drum patterns by style: the sixteenths of two bars, the even one and the odd one."""

from __future__ import annotations

import attrs

Steps = tuple[int, ...]
TwoBars = tuple[Steps, Steps]

_FLOOR = (0, 4, 8, 12)
_BACKBEAT = (4, 12)


@attrs.frozen
class Style:
    """Style of drum patterns.

    Attributes
    ----------
    kicks : tuple of two bars
        The kick patterns that one is drawn from.
    snares : tuple of two bars
        The patterns of snare or clap; one is drawn.
    clap : bool
        Whether a clap is struck in place of the snare.
    ghosts : bool
        Whether quiet snares are struck between the others.
    hat_spacing : int
        Sixteenths from one closed hat to the next.
    hat_rolls : bool
        Whether hats roll in thirty-seconds or triplets here and there.
    """

    kicks: tuple[TwoBars, ...]
    snares: tuple[TwoBars, ...]
    clap: bool = False
    ghosts: bool = False
    hat_spacing: int = 1
    hat_rolls: bool = False


STYLES: dict[str, Style] = {
    "four-on-the-floor": Style(
        kicks=((_FLOOR, _FLOOR),),
        snares=((_BACKBEAT, _BACKBEAT),),
        clap=True,
    ),
    # The one is always struck.
    "broken": Style(
        kicks=(
            ((0, 10), (0, 7, 10)),
            ((0, 6, 10), (0, 10)),
            ((0, 3, 10), (0, 10, 14)),
            ((0, 7, 10), (0, 6, 9)),
        ),
        snares=((_BACKBEAT, _BACKBEAT),),
        ghosts=True,
    ),
    "techno": Style(
        kicks=((_FLOOR, _FLOOR),),
        snares=(((), ()), ((), (12,)), ((4, 12), (4, 12)), ((), (10,)), ((8,), (8,))),
        clap=True,
    ),
    "half-time": Style(
        kicks=(
            ((0,), (0, 6)),
            ((0, 10), (0, 14)),
            ((0, 3), (0, 3, 14)),
            ((0, 6), (0, 5, 13)),
        ),
        snares=(((8,), (8,)),),
        ghosts=True,
        hat_spacing=2,
    ),
    "breakbeat": Style(
        kicks=(
            ((0, 2, 10, 11), (0, 2, 10)),
            ((0, 2, 10), (2, 3, 10)),
            ((0, 7, 10), (0, 2, 7, 10)),
            ((0, 6, 10, 13), (0, 3, 6, 10)),
        ),
        snares=(
            (_BACKBEAT, _BACKBEAT),
            ((4, 7, 9, 12), (4, 7, 9, 12)),
            ((4, 7, 9, 12), (4, 7, 9, 14)),
        ),
        ghosts=True,
        hat_spacing=2,
    ),
    "drum-and-bass": Style(
        kicks=(
            ((0, 10), (0, 10)),
            ((0, 10), (2, 10)),
            ((0, 10, 11), (0, 3, 10)),
            ((0, 6, 10), (0, 10)),
        ),
        snares=((_BACKBEAT, _BACKBEAT), (_BACKBEAT, _BACKBEAT), (_BACKBEAT, (4, 7, 12))),
        ghosts=True,
    ),
    "trap": Style(
        kicks=(
            ((0, 10), (0, 6, 14)),
            ((0, 3, 14), (0, 10, 13)),
            ((0, 6), (0, 3, 11)),
            ((0, 7, 10), (0, 14)),
        ),
        snares=(((8,), (8,)),),
        clap=True,
        hat_spacing=2,
        hat_rolls=True,
    ),
}
