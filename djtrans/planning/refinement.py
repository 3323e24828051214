"""The plan refined once by what the vocal stems show: the end of the window moves to a rest.

Only the end, only earlier and by a few bars: the tracks keep their places on the clock, so that
nothing need be stretched or separated again.
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

#: How far the end may move, in bars.
MOST_BARS = 3
#: Parts of a beat in which a voice is looked for: a breath is shorter than a beat.
PER_BEAT = 2


def singing(
    track: AlignedTrack, plan: TransitionPlan, reference_lufs: float
) -> NDArray[np.bool_] | None:
    """In which half beats of the window the voice of a track is heard.

    Parameters
    ----------
    track : AlignedTrack
        With its stems.
    plan : TransitionPlan
    reference_lufs : float
        Loudness of the track, level trim included.

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
    heard = voice_activity(audio, reference_lufs, stems.sample_rate, parts - start)
    return np.asarray(heard.level_lu > ACTIVE_LU)


def refine(
    plan: TransitionPlan,
    technique: TechniqueDeclaration,
    sung_a: NDArray[np.bool_],
    sung_b: NDArray[np.bool_],
) -> TransitionPlan:
    """End the window where A's voice rests, and before both sing.

    Parameters
    ----------
    plan : TransitionPlan
    technique : TechniqueDeclaration
        The plan's.
    sung_a, sung_b : ndarray of bool
        ``[2 * beats]`` of the window, see :func:`singing`.

    Returns
    -------
    TransitionPlan
        The same plan if that is as good, or if its tempo moves.
    """
    steps = np.diff(plan.beat_times)
    if not technique.harmonic or np.ptp(steps) > 1e-6:
        return plan
    per_bar = plan.beats_per_bar
    # A bar must be left between the swap and the last downbeat, on which A leaves.
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
    what = "A's line ends there" if after[0] < before[0] else "both sing in fewer bars"
    bars = f"{earlier} bar{'s' * (earlier > 1)}"
    return attrs.evolve(
        plan,
        bars=best,
        beat_times=plan.beat_times[: best * per_bar + 1],
        refined_bars=earlier,
        reasons=(*plan.reasons, f"the window ends {bars} earlier: by its stem, {what}"),
    )
