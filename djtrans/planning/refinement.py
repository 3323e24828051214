"""Refine a plan by the vocal stems: end the window where A's vocals pause.

The end moves only earlier, by a few bars. The warps stay as they are, so that nothing has to be
stretched or separated again.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.stem_names import VOCALS
from djtrans.core.transition.alignment import AlignedTrack
from djtrans.core.transition.plan import TransitionPlan
from djtrans.metrics.voice_activity import ACTIVE_LU, voice_activity

#: Largest move of the end, in bars.
MOST_BARS = 3
#: Vocal activity is measured this often per beat: a breath is shorter than a beat.
PER_BEAT = 2


def vocal_activity(
    track: AlignedTrack, plan: TransitionPlan, reference_lufs: float
) -> NDArray[np.bool_] | None:
    """Detect vocals in each half beat of the window.

    Parameters
    ----------
    track : AlignedTrack
        With its stems.
    plan : TransitionPlan
    reference_lufs : float
        Loudness of the track after gain matching, in LUFS.

    Returns
    -------
    ndarray of bool or None
        ``[2 * beats]``; None if there is no vocal stem.
    """
    stems = track.stems
    if VOCALS not in stems.names:
        return None
    beats = np.array(plan.beat_times)
    parts = np.interp(
        np.arange((len(beats) - 1) * PER_BEAT + 1) / PER_BEAT, range(len(beats)), beats
    )
    audio = stems.audio[stems.names.index(VOCALS)].detach().cpu().double().numpy()
    start = track.stems_span.start / stems.sample_rate
    activity = voice_activity(audio, reference_lufs, stems.sample_rate, parts - start)
    return np.asarray(activity.level_lu > ACTIVE_LU)


def refine(
    plan: TransitionPlan,
    technique: TechniqueDeclaration,
    sung_a: NDArray[np.bool_],
    sung_b: NDArray[np.bool_],
) -> TransitionPlan:
    """End the window where A's vocals pause, and before vocals overlap.

    Parameters
    ----------
    plan : TransitionPlan
    technique : TechniqueDeclaration
        The technique of the plan.
    sung_a, sung_b : ndarray of bool
        ``[2 * beats]`` of the window, see :func:`vocal_activity`.

    Returns
    -------
    TransitionPlan
        The same plan if no earlier end is better, or if its tempo changes.
    """
    steps = np.diff(plan.beat_times)
    if not technique.harmonic or np.ptp(steps) > 1e-6:
        return plan
    per_bar = plan.beats_per_bar
    # At least a bar must remain between the swap and the last downbeat, on which A ends.
    least = max(technique.bars[0], plan.swap_beat // per_bar + 2, plan.bars - MOST_BARS)

    def against(bars: int) -> tuple[int, int]:
        leave = (bars - 1) * per_bar * PER_BEAT
        cut = bool(sung_a[leave - 1] and sung_a[leave])
        clash = int((sung_a[:leave] & sung_b[:leave]).sum()) // PER_BEAT
        return int(cut), clash // per_bar

    best = min(range(plan.bars, least - 1, -1), key=against, default=plan.bars)
    before, after = against(plan.bars), against(best)
    if best == plan.bars:
        return plan
    earlier = plan.bars - best
    why = "A's vocal line ends there" if after[0] < before[0] else "vocals overlap in fewer bars"
    bars = f"{earlier} bar{'s' * (earlier > 1)}"
    return attrs.evolve(
        plan,
        bars=best,
        beat_times=plan.beat_times[: best * per_bar + 1],
        refined_bars=earlier,
        reasons=(*plan.reasons, f"the window ends {bars} earlier: by the vocal stems, {why}"),
    )
