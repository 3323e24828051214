"""Plan transitions with registered techniques: a named one, or the first suitable (``auto``)."""

from __future__ import annotations

from typing import Any

import attrs

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.track import Track
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.planning.beat_features import (
    BeatFeatureExtractor,
    BeatFeatures,
    FloatArray,
    extract_beat_features,
)
from djtrans.planning.candidate_group import CandidateGroup
from djtrans.planning.levels import RAISED_PEAK_DBFS
from djtrans.planning.options import PlanOptions
from djtrans.planning.planner import plan_from_groups
from djtrans.registry import Registry, default_registry

#: Candidate groups of ``technique="auto"`` in order: techniques, and fields of their
#: :class:`CandidateGroup`.
AUTO_ORDER: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("tempo-ride",), {"at_least": 8}),
    (("bass-swap", "long-blend", "eq-blend"), {"at_least": 8}),
    (("drum-bridge", "drop-swap", "filter-sweep", "loop-out"), {"at_least": 4}),
    (("bass-swap", "eq-blend"), {"at_least": 8, "loop": True}),
    (("drum-bridge",), {"at_least": 8, "loop": True}),
    (("half-time",), {"at_least": 8}),
    (("fade",), {"at_least": 4, "beatless": True}),
    (("echo-out",), {}),
    (("cut",), {"resort": True}),
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
    """Plan a transition: technique, cue points, length, swap, tempo and gains.

    Parameters
    ----------
    analysis_a, analysis_b : Analysis
        The outgoing and the incoming track.
    options : PlanOptions, optional
        Length, position, tempo and so on.
    technique : str
        Name of a registered technique, or ``"auto"``: the first of :data:`AUTO_ORDER` that fits.
    tracks : tuple of Track, optional
        Audio of A and B, to compare their windows where keys or downbeats are uncertain, and to
        raise a quiet A as far as its peaks allow.
    registry : Registry, optional
    **fields
        Fields of :class:`djtrans.planning.options.PlanOptions`, which replace those of `options`:
        `bars`, `cue_a_seconds` ...

    Returns
    -------
    TransitionPlan
        With its reasons, and the rejected candidates.

    Raises
    ------
    PlanError
        If no candidate fits; the message gives the reason for each.

    See Also
    --------
    djtrans.analyze_track : Computes the analyses.
    djtrans.generate : Plans, generates and renders a transition.

    Examples
    --------
    >>> import djtrans
    >>> structure = (("intro", 8), ("drop", 8))
    >>> synthetic = djtrans.synthesize(djtrans.TrackSpec(bpm=124.0, structure=structure))
    >>> track = djtrans.Track(synthetic.audio, synthetic.sample_rate)
    >>> analysis = djtrans.analyze_track(track)
    >>> plan = djtrans.plan_transition(analysis, analysis, technique="bass-swap", bars=8)
    >>> plan.bars, plan.beats_per_bar
    (8, 4)
    """
    registry = registry or default_registry()
    given = {} if options is None else attrs.asdict(options)
    wanted = config_from_dict(PlanOptions, {**given, **fields})
    if technique == "auto":
        groups = [
            CandidateGroup(techniques=_declared(names, registry), **facts)
            for names, facts in AUTO_ORDER
        ]
    else:
        named = _declared((technique,), registry)
        groups = [
            CandidateGroup(techniques=named, asked=True),
            CandidateGroup(techniques=named, asked=True, loop=True),
        ]
    extractors = None if tracks is None else Pair(*tracks).map(_extractor)
    headroom = 0.0 if tracks is None else _headroom_db(tracks[0])
    return plan_from_groups(analysis_a, analysis_b, groups, wanted, extractors, headroom)


def _declared(names: tuple[str, ...], registry: Registry) -> dict[str, TechniqueDeclaration]:
    found = [registry.techniques.find(name) for name in names]
    return {component.name: component.declaration for component in found}


def _headroom_db(track: Track) -> float:
    """Return the gain that the peaks of a track allow."""
    return RAISED_PEAK_DBFS - amplitude_to_db(float(track.audio.abs().max()))


def _extractor(track: Track) -> BeatFeatureExtractor:
    def extract(beat_times: FloatArray) -> BeatFeatures:
        return extract_beat_features(track.audio.numpy(), track.sample_rate, beat_times)

    return extract
