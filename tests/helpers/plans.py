"""A track's part of a plan, from hand-made numbers."""

from __future__ import annotations

from typing import Any

from djtrans.core.transition.plan import TrackPlan


def track_plan(**changes: Any) -> TrackPlan:
    """Return a valid part of a plan; the fields that a test is about are given."""
    return TrackPlan(
        **{
            "cue_seconds": 1.5,
            "cue_bar": 2,
            "swap_bar": 3,
            "cue_section": "intro",
            "swap_section": "drop",
            "swap_on_phrase": True,
            "warp": ((0.0, 1.5), (4.0, 5.3)),
            "gain_db": -6.0,
            "bpm": 123.4,
            "key": "8A",
            **changes,
        }
    )
