"""Ownership of the low end, beat by beat: kick and bass from 30 to 150 Hz."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.predicted_mix import PredictedMix, bass_powers, to_db
from djtrans.plugins.objectives.smooth import exceeds, smooth_max

#: A track plays bass while its level is within this of the 90th percentile of its solo level.
PRESENT_DB = 10.0
#: Two basses clash while they are within this of each other.
CLASH_DB = 10.0
_WIDTH_DB = 2.5
_EXCESS_WIDTH_DB = 0.5


@attrs.frozen(eq=False)
class BassPresence:
    """Presence of the bass of each track, 0 to 1, and levels in dB.

    Attributes
    ----------
    a, b : Tensor
        ``[batch, beats]``: presence in the mix.
    solo_a, solo_b : Tensor
        ``[beats]``: presence in the unprocessed tracks.
    level_a, level_b, level_mix : Tensor
        ``[batch, beats]``.
    louder_solo : Tensor
        ``[beats]``: level of the louder unprocessed track.
    """

    a: Tensor
    b: Tensor
    solo_a: Tensor
    solo_b: Tensor
    level_a: Tensor
    level_b: Tensor
    level_mix: Tensor
    louder_solo: Tensor


def bass_presence(mix: PredictedMix) -> BassPresence:
    """Compute the presence of the bass of each track on each beat."""
    level = {name: to_db(power) for name, power in mix.shared(bass_powers).items()}
    least = {
        side: torch.quantile(level[f"solo_{side}"], 0.9).clamp(min=AUDIBLE_DBFS + PRESENT_DB)
        - PRESENT_DB
        for side in "ab"
    }
    present = {
        name: exceeds(level[name], least[name[-1]], _WIDTH_DB)
        for name in ("a", "b", "solo_a", "solo_b")
    }
    return BassPresence(
        **present,
        level_a=level["a"],
        level_b=level["b"],
        level_mix=level["mix"],
        louder_solo=torch.maximum(level["solo_a"], level["solo_b"]),
    )


class TwoBasses:
    """Beats on which both tracks play bass, within 10 dB of each other."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        bass = mix.shared(bass_presence)
        close = exceeds(CLASH_DB - (bass.level_a - bass.level_b).abs(), 0.0, _WIDTH_DB)
        return (bass.a * bass.b * close).sum(dim=-1)


class MissingBass:
    """Beats without the bass that the music has.

    The bass of B before the swap, and that of A after it, are withheld on purpose and do not count.
    """

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        bass = mix.shared(bass_presence)
        after = torch.arange(bass.a.shape[-1], device=bass.a.device) >= mix.swap_beat
        offered = torch.where(after, bass.solo_b, bass.solo_a)
        return ((1.0 - bass.a) * (1.0 - bass.b) * offered).sum(dim=-1)


class LowEndExcess:
    """Largest excess of the low end over the louder track's own, in dB."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        bass = mix.shared(bass_presence)
        usual = torch.quantile(bass.louder_solo, 0.9)
        standard = torch.maximum(bass.louder_solo, usual - PRESENT_DB)
        excess = (bass.level_mix - standard).clamp(min=0.0)
        return smooth_max(excess, _EXCESS_WIDTH_DB)
