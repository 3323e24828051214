"""Loudness of the mix against both tracks, and the line from A's level to B's."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.predicted_mix import PredictedMix, rendered_powers, to_db
from djtrans.plugins.objectives.smooth import exceeds, longest_run, moving_mean, smooth_max

#: Window of short-term loudness (EBU R 128), and its largest part of the window's length.
WINDOW_SECONDS, WINDOW_PART = 3.0, 0.45
#: Width in LU of the smooth maximum.
_MAX_WIDTH = 0.3
#: A hole is this far under the level of the music; window of the mix and of the tracks.
HOLE_DB, HOLE_SECONDS, SOLO_SECONDS = 10.0, 0.05, 0.4
_HOLE_WIDTH_DB = 3.0
#: Longest hole that is told from a longer one.
_LONGEST_SECONDS = 2.0


@attrs.frozen(eq=False)
class LoudnessLine:
    """Loudness of the mix and the range that the music itself allows, in LU.

    Attributes
    ----------
    mix : Tensor
        ``[batch, windows]``.
    lower, upper : Tensor
        ``[windows]``: the lowest and highest loudness that is no fault.
    """

    mix: Tensor
    lower: Tensor
    upper: Tensor


def loudness_line(mix: PredictedMix) -> LoudnessLine:
    """Compute the short-term loudness of the mix, with the range between line and tracks.

    As in the metric, the line runs between the tracks' own levels: A's at the beginning or usually
    in the first half, and B's at the end or usually in the second half. A line between the ends of
    the mix would fall if curves hold the ends down, and reward that.
    """
    powers = rendered_powers(mix, mix.loudness_weight)
    width = round(WINDOW_SECONDS / mix.cell_seconds)
    width = max(1, min(width, int(WINDOW_PART * powers[0].shape[-1])))
    loud, solo_a, solo_b = (to_db(moving_mean(power, width)) for power in powers)
    half = len(solo_a) // 2
    start = torch.maximum(solo_a[0], solo_a[: half + 1].quantile(0.5))
    end = torch.maximum(solo_b[-1], solo_b[half:].quantile(0.5))
    line = torch.lerp(start, end, torch.linspace(0.0, 1.0, len(solo_a)).to(solo_a))
    louder = torch.maximum(solo_a, solo_b)
    return LoudnessLine(loud, torch.minimum(line, louder), torch.maximum(line, louder))


class Dip:
    """Largest drop of the loudness below the music itself, in LU."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        line = mix.shared(loudness_line)
        return smooth_max((line.lower - line.mix).clamp(min=0.0), _MAX_WIDTH)


class Bump:
    """Largest rise of the loudness above the music itself, in LU."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        line = mix.shared(loudness_line)
        return smooth_max((line.mix - line.upper).clamp(min=0.0), _MAX_WIDTH)


class Hole:
    """Longest stretch well under the level of the music, in seconds."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        level, solo_a, solo_b = rendered_powers(mix, torch.ones_like(mix.loudness_weight))
        ends = max(1, round(WINDOW_SECONDS / mix.cell_seconds))
        first, last = (to_db(x.mean()) for x in (solo_a[:ends], solo_b[-ends:]))
        line = torch.lerp(first, last, torch.linspace(0.0, 1.0, len(solo_a)).to(solo_a))
        short = max(1, round(HOLE_SECONDS / mix.cell_seconds))
        wide = max(1, round(SOLO_SECONDS / mix.cell_seconds))
        own = torch.maximum(_centred(solo_a, wide), _centred(solo_b, wide))
        standard = torch.minimum(line, to_db(own))
        here = to_db(_centred(level, short))
        under = exceeds(standard - HOLE_DB, here, _HOLE_WIDTH_DB)
        longest = max(1, round(_LONGEST_SECONDS / mix.cell_seconds))
        return longest_run(under, longest) * mix.cell_seconds


def _centred(power: Tensor, width: int) -> Tensor:
    """Average over centred windows, shorter at the ends."""
    ends = (width // 2, width - 1 - width // 2)
    pad = torch.nn.functional.pad
    count = moving_mean(pad(torch.ones_like(power), ends), width)
    return moving_mean(pad(power, ends), width) / count
