"""Two singers at once, and sung lines that a fader cuts."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.transition.predicted_mix import PredictedMix, PredictedTrack, to_db
from djtrans.plugins.objectives.smooth import exceeds, moving_mean

#: A voice sings while it is above this, relative to the loudness of its own track.
ACTIVE_LU = -15.0
#: Two voices clash while they are within this of each other.
CLASH_LU = 12.0
#: A voice must sing this long before and after a step of the gain for the step to cut a line.
SIDE_SECONDS = 0.25
#: Size of a step: half the range of the fader.
STEP = 0.5
#: Words are above this frequency.
WORDS_HZ = 300.0
_WIDTH_LU, _WIDTH_STEP = 3.0, 0.2


class TwoVoices:
    """Beats on which both vocals are heard for longer than a passing moment."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        if not (mix.a.has_vocals and mix.b.has_vocals):
            return mix.values.sum(dim=(1, 2)) * 0.0
        levels, active = [], []
        for track in (mix.a, mix.b):
            gain, power = track.vocals
            loud = mix.beat_mean((gain.square() * power) @ mix.loudness_weight)
            reference = track.solo @ mix.loudness_weight
            level = to_db(loud) - to_db(reference.mean())
            sings = _held(exceeds(level, ACTIVE_LU, _WIDTH_LU))
            active.append(sings)
            # One's breath is no escape: the mean is over the beats near that are sung.
            levels.append(to_db(_sum_of_three(sings * loud) / (_sum_of_three(sings) + 1e-6)))
        close = exceeds(CLASH_LU - (levels[0] - levels[1]).abs(), 0.0, _WIDTH_LU)
        both = active[0] * active[1] * close
        return _long_runs(both, mix.beats_per_bar).sum(dim=-1)


class CutLines:
    """Sung lines that a step of the vocals' gain cuts off, or enters."""

    def __init__(self, config: NoConfig) -> None:
        pass

    def evaluate(self, mix: PredictedMix) -> Tensor:
        """Rate a batch of transitions."""
        tracks = [track for track in (mix.a, mix.b) if track.has_vocals]
        cuts = [_cuts(track, mix) for track in tracks]
        return torch.stack([mix.values.sum(dim=(1, 2)) * 0.0, *cuts]).sum(dim=0)


def _cuts(track: PredictedTrack, mix: PredictedMix) -> Tensor:
    gain, power = track.vocals
    side = max(1, round(SIDE_SECONDS / mix.cell_seconds))
    if power.shape[0] < 2 * side + 1:
        return gain.sum(dim=(1, 2)) * 0.0
    words = power * (mix.band_hz >= WORDS_HZ).to(power)
    own = moving_mean(words.sum(dim=-1), side)
    kept = moving_mean((gain * words).sum(dim=-1), side)
    held = kept / (own + 1e-12)
    reference = to_db((track.solo @ mix.loudness_weight).mean())
    loud = to_db(moving_mean(power @ mix.loudness_weight, side)) - reference
    active = exceeds(loud, ACTIVE_LU, _WIDTH_LU)
    step = (held[:, side:] - held[:, :-side]).abs()
    cut = exceeds(step, STEP, _WIDTH_STEP) * active[side:] * active[:-side]
    # Each rise of the indicator from 0 to 1 is one cut.
    return torch.nn.functional.pad(cut, (1, 0)).diff(dim=-1).clamp(min=0.0).sum(dim=-1)


def _sum_of_three(beats: Tensor) -> Tensor:
    """Add up each beat and its neighbours."""
    padded = torch.nn.functional.pad(beats, (1, 1))
    return padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]


def _held(active: Tensor) -> Tensor:
    """Fill pauses of one beat, then remove calls of one beat, ``[batch, beats]``."""
    pad = torch.nn.functional.pad
    for first, then in ((torch.maximum, torch.minimum), (torch.minimum, torch.maximum)):
        wide = pad(active[:, None], (1, 1), mode="replicate")[:, 0]
        pairs = first(wide[:, :-1], wide[:, 1:])
        active = then(pairs[:, :-1], pairs[:, 1:])
    return active


def _long_runs(member: Tensor, beats_per_bar: int) -> Tensor:
    """Reduce a membership to its runs that hold two downbeats, ``[batch, beats]``."""
    width = beats_per_bar + 1
    if member.shape[-1] < width:
        return member * 0.0
    # The smallest value from each downbeat to the next one is the membership of a long run.
    spans = member.unfold(-1, width, beats_per_bar).amin(dim=-1)
    at = torch.zeros_like(member)
    at[:, : spans.shape[-1] * beats_per_bar : beats_per_bar] = spans
    reach = torch.nn.functional.pad(at[:, None], (width + 2, 3))
    near = torch.nn.functional.max_pool1d(reach, width + 6, 1)[:, 0, : member.shape[-1]]
    return torch.minimum(member, near)
