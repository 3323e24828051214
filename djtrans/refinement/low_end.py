"""Search for the owner of the low end of each phrase."""

from __future__ import annotations

from itertools import pairwise

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import AUDIBLE_DBFS
from djtrans.core.curves.layout import Layout
from djtrans.core.transition.predicted_mix import PredictedMix, bass_powers, to_db
from djtrans.metrics.bass_overlap import CLASH_DB, PRESENT_DB
from djtrans.objectives.prediction import PowerModel

#: Cost in beats of a change away from the curves, and of each further exchange.
_CHANGE, _EXCHANGE = 2.0, 2.0
_AS_IS, _A, _B = range(3)


@attrs.frozen
class LowEndPlan:
    """Owner of the low end by phrase.

    Attributes
    ----------
    lines : tuple of float
        Beats at which the phrases start, the first of which is 0.
    owners : tuple of str
        ``"a"``, ``"b"``, or ``""`` where the curves are left as they are.
    """

    lines: tuple[float, ...]
    owners: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """True if any phrase gets another owner."""
        return any(self.owners)


def search_low_end(model: PowerModel, values: Tensor) -> LowEndPlan:
    """Find the owners with the fewest beats without bass and with two basses.

    The optimum over all assignments of phrases is found by dynamic programming [1]_; in the first
    phrase B never gets the low end, in the last one A never does. Phrases start on the phrase
    boundaries of both tracks that are downbeats, and on the swap.

    Parameters
    ----------
    model : PowerModel
    values : Tensor
        ``[frames, parameters]``.

    Returns
    -------
    LowEndPlan

    References
    ----------
    .. [1] A. J. Viterbi, Error bounds for convolutional codes and an asymptotically optimum
       decoding algorithm, IEEE Trans. Information Theory 13(2), 1967.
    """
    beats = len(model.beat_times) - 1
    bar = model.beats_per_bar
    inside = {0.0, float(model.swap_beat), *model.phrase_beats.a, *model.phrase_beats.b}
    lines = tuple(sorted(b for b in inside if 0 <= b < beats and b % bar == 0))
    layout = model.mixer.layout
    if len(lines) < 2 or not layout.select("*/*/eq/low"):
        return LowEndPlan(lines or (0.0,), ("",) * max(1, len(lines)))
    candidates = torch.stack([values, _owned(values, layout, "a"), _owned(values, layout, "b")])
    with torch.no_grad():
        cost, owner = _beat_costs(model.predict(candidates), model.swap_beat)
    edges = [round(line) for line in lines] + [beats]
    phrase = torch.stack([cost[:, i:j].sum(dim=1) for i, j in pairwise(edges)], dim=1)
    phrase[_A:] += _CHANGE
    held = [_majority(owner[i:j]) for i, j in pairwise(edges)]
    phrase[_B, 0] = float("inf")
    phrase[_A, -1] = float("inf")
    best, back = phrase[:, 0], []
    for index in range(1, len(lines)):
        switch = torch.tensor(
            [
                [
                    _EXCHANGE * (_sounding(p, held[index - 1]) != _sounding(n, held[index]))
                    for p in range(3)
                ]
                for n in range(3)
            ]
        )
        total = best[None] + switch
        best, chosen = total.min(dim=1)
        best = best + phrase[:, index]
        back.append(chosen)
    state = int(best.argmin())
    states = [state]
    for chosen in reversed(back):
        state = int(chosen[state])
        states.append(state)
    names = {_AS_IS: "", _A: "a", _B: "b"}
    return LowEndPlan(lines, tuple(names[s] for s in reversed(states)))


def apply_low_end(plan: LowEndPlan, values: Tensor, layout: Layout, frames_per_beat: int) -> Tensor:
    """Set the low band of both tracks in the phrases that change their owner."""
    out = values.clone()
    starts = [round(line * frames_per_beat) for line in plan.lines] + [len(values)]
    for owner, start, stop in zip(plan.owners, starts[:-1], starts[1:], strict=True):
        if owner:
            out[start:stop] = _owned(values, layout, owner)[start:stop]
    return out


def _owned(values: Tensor, layout: Layout, owner: str) -> Tensor:
    """Give the low band to one track: neutral there, killed in the other one."""
    out = values.clone()
    for row in (layout.rows[index] for index in layout.select("*/*/eq/low")):
        parameter = row.parameter
        out[:, row.index] = parameter.neutral if row.track == owner else parameter.minimum
    return out


def _beat_costs(mix: PredictedMix, swap_beat: float) -> tuple[Tensor, list[str]]:
    """Costs ``[candidates, beats]``, and the owner of each beat under the first candidate."""
    level = {name: to_db(power) for name, power in mix.shared(bass_powers).items()}
    usual = {s: torch.quantile(level[f"solo_{s}"], 0.9) for s in "ab"}
    least = {s: usual[s].clamp(min=AUDIBLE_DBFS + PRESENT_DB) - PRESENT_DB for s in "ab"}
    here = {s: level[s] >= least[s] for s in "ab"}
    offered = {s: level[f"solo_{s}"] >= least[s] for s in "ab"}
    after = torch.arange(level["a"].shape[1]) >= swap_beat
    wanted = torch.where(after, offered["b"], offered["a"])
    missing = ~here["a"] & ~here["b"] & wanted
    two = here["a"] & here["b"] & ((level["a"] - level["b"]).abs() <= CLASH_DB)
    owner = ["a" if a >= b else "b" for a, b in zip(level["a"][0], level["b"][0], strict=True)]
    return missing.float() + 2.0 * two.float(), owner


def _majority(owners: list[str]) -> str:
    return "a" if owners.count("a") * 2 >= len(owners) else "b"


def _sounding(state: int, held: str) -> str:
    return {_AS_IS: held, _A: "a", _B: "b"}[state]
