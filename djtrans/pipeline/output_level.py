"""Warn if a transition is much quieter than the files of its tracks, or than requested."""

from __future__ import annotations

import warnings

from djtrans.core.audio.loudness import integrated_lufs
from djtrans.core.transition.output_level import MATCH_A, target_lufs
from djtrans.core.transition.params_file import RenderRecord
from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.rendering import CEILING_DBTP, Rendered

#: Difference of the level of a track in the output from that of its file that is warned of, in dB.
LOW_DB = 6.0
#: Loudness below the requested one that is warned of, in dB.
_MISSED_DB = 0.5


def warn_of_level(rendered: Rendered, plan: TransitionPlan, record: RenderRecord) -> None:
    """Warn, once, if the output is quieter than the files or than requested, with the cause.

    Parameters
    ----------
    rendered : Rendered
    plan : TransitionPlan
        Its gains count as they are after the window.
    record : RenderRecord
        Requested level and sample rate.
    """
    target = target_lufs(record.level)
    if target is not None:
        _warn_of_loudness(integrated_lufs(rendered.mix, record.sample_rate), target)
    elif record.level == MATCH_A:
        _warn_of_gains(rendered, plan)


def _warn_of_loudness(lufs: float, target: float) -> None:
    if lufs < target - _MISSED_DB:
        warnings.warn(
            f"The output has {lufs:.1f} LUFS, not the requested {target:g}: its true peaks reach "
            f"{CEILING_DBTP:g} dBTP before; a limiter (--master limiter) avoids this.",
            stacklevel=4,
        )


def _warn_of_gains(rendered: Rendered, plan: TransitionPlan) -> None:
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
        f"The output is quieter than the files: {', '.join(low)}{peaks}. --level peak, or a "
        "loudness such as --level -14, raises it as far as its peaks allow.",
        stacklevel=4,
    )
