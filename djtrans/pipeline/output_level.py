"""Warn if a transition is much quieter than the files of its tracks."""

from __future__ import annotations

import warnings

from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.rendering import CEILING_DBTP, Rendered

#: Difference of the level of a track in the output from that of its file that is warned of, in dB.
LOW_DB = 6.0


def warn_of_low_level(rendered: Rendered, plan: TransitionPlan) -> None:
    """Warn, once, if a track is much quieter in the output than in its file, with the cause.

    Parameters
    ----------
    rendered : Rendered
    plan : TransitionPlan
        Its gains count as they are after the window.
    """
    lost = plan.sides.map(lambda side: -side.own_gain_db - rendered.trim_db)
    low = [f"{name.upper()} by {db:.1f} dB" for name, db in lost.items() if db >= LOW_DB]
    if not low:
        return
    peaks = (
        f"; {-rendered.trim_db:.1f} dB of it keep true peaks below {CEILING_DBTP:g} dBTP, which a "
        "limiter (--master limiter) does without lowering the whole output"
        if rendered.trim_db <= -1.0
        else ""
    )
    warnings.warn(
        f"The output is quieter than the files: {', '.join(low)}{peaks}.",
        stacklevel=3,
    )
