"""Transitions planned for registered techniques."""

from __future__ import annotations

from typing import Any

import attrs

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.track import Track
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.planning.beat_features import BeatFeatures, Ear, FloatArray, listen
from djtrans.planning.candidate_group import CandidateGroup
from djtrans.planning.options import PlanOptions
from djtrans.planning.planner import plan_transition as plan_with
from djtrans.registry import Registry, default_registry

#: Candidate groups of ``technique="auto"`` in order: techniques, and fields of their
#: :class:`CandidateGroup`.
AUTO_ORDER: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("bass-swap", "long-blend", "eq-blend"), {"at_least": 8}),
    (("drop-swap", "filter-sweep"), {"at_least": 4}),
    (("bass-swap", "eq-blend"), {"at_least": 8, "loop": True}),
    (("fade",), {"at_least": 4, "beatless": True}),
    (("echo-out",), {}),
    (("cut",), {}),
    (("echo-out", "cut"), {"last": True}),
)


def plan_transition(
    analysis_a: Analysis,
    analysis_b: Analysis,
    options: PlanOptions | None = None,
    *,
    technique: str = "auto",
    tracks: tuple[Track, Track] | None = None,
    registry: Registry | None = None,
    **fields: Any,
) -> TransitionPlan:
    """Plan where, how long and how fast.

    Parameters
    ----------
    analysis_a, analysis_b : Analysis
        The outgoing and the incoming track.
    options : PlanOptions, optional
        Length, position, tempo and so on.
    technique : str
        Name of a registered technique, or ``"auto"``: the first of :data:`AUTO_ORDER` that fits.
    tracks : tuple of Track, optional
        A and B, to listen to their windows where keys or ones are in doubt.
    registry : Registry, optional
    **fields
        Fields of :class:`djtrans.planning.options.PlanOptions`, which replace those of `options`:
        `bars`, `cue_a_seconds` ...

    Returns
    -------
    TransitionPlan

    Raises
    ------
    PlanError
        If nothing fits; the message says why for each candidate.
    """
    registry = registry or default_registry()
    given = {} if options is None else attrs.asdict(options)
    wanted = config_from_dict(PlanOptions, {**given, **fields})
    if technique == "auto":
        ladder = [
            CandidateGroup(techniques=_declared(names, registry), **facts)
            for names, facts in AUTO_ORDER
        ]
    else:
        named = _declared((technique,), registry)
        ladder = [
            CandidateGroup(techniques=named, asked=True),
            CandidateGroup(techniques=named, asked=True, loop=True),
        ]
    ears = None if tracks is None else Pair(*tracks).map(_ear)
    return plan_with(analysis_a, analysis_b, ladder, wanted, ears)


def _declared(names: tuple[str, ...], registry: Registry) -> dict[str, TechniqueDeclaration]:
    found = [registry.techniques.find(name) for name in names]
    return {component.name: component.declaration for component in found}


def _ear(track: Track) -> Ear:
    def hear(beat_times: FloatArray) -> BeatFeatures:
        return listen(track.audio.numpy(), track.sample_rate, beat_times)

    return hear
