"""Plan transitions with registered techniques: a named one, or the most suitable (``auto``)."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import attrs

from djtrans.core.audio.decibels import amplitude_to_db
from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.mixer import Mixer
from djtrans.planning.candidate_group import CandidateGroup
from djtrans.planning.levels import RAISED_PEAK_DBFS
from djtrans.planning.options import PlanOptions
from djtrans.planning.planner import plans_from_groups
from djtrans.planning.technique_gains import BarGains, assume_gains, technique_gains
from djtrans.planning.track_measurements import beat_feature_extractor, peak
from djtrans.planning.window import Window
from djtrans.registry import Registry, default_registry

#: Candidate groups of ``technique="auto"``: techniques, and fields of their
#: :class:`CandidateGroup`. A blend is preferred unless something else is better by its handicap.
AUTO_GROUPS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("tempo-ride",), {"at_least": 8, "handicap": -0.2}),
    (("bass-swap", "long-blend", "eq-blend"), {"at_least": 8}),
    (("drum-bridge",), {"at_least": 8, "handicap": 0.4}),
    (("drop-swap", "filter-sweep", "loop-out"), {"at_least": 4, "handicap": 0.5}),
    (("bass-swap", "eq-blend"), {"at_least": 8, "loop": True, "handicap": 0.6}),
    (("drum-bridge",), {"at_least": 8, "loop": True, "handicap": 0.8}),
    (("half-time",), {"at_least": 8, "handicap": 1.0}),
    (("fade",), {"at_least": 4, "beatless": True, "handicap": 0.4}),
    (("echo-out",), {"handicap": 1.2}),
    (("cut",), {"handicap": 2.5}),
    (("echo-out", "cut"), {"fallback": True, "anywhere": True}),
)


def plan_transition(
    analysis_a: Analysis,
    analysis_b: Analysis,
    options: PlanOptions | None = None,
    *,
    technique: str = "auto",
    tracks: tuple[Track | LazyTrack, Track | LazyTrack] | None = None,
    mixer: Mixer | None = None,
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
        Name of a registered technique, or ``"auto"``: that of the lowest cost in
        :data:`AUTO_GROUPS`.
    tracks : tuple of Track, optional
        Audio of A and B, to compare their windows where keys or downbeats are uncertain, and to
        raise a quiet A as far as its peaks allow.
    mixer : Mixer, optional
        Mixer through which the curves of the techniques are evaluated; ``dj54`` by default.
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
    return plan_candidates(
        analysis_a,
        analysis_b,
        options,
        count=1,
        technique=technique,
        tracks=tracks,
        mixer=mixer,
        registry=registry,
        **fields,
    )[0]


def plan_candidates(
    analysis_a: Analysis,
    analysis_b: Analysis,
    options: PlanOptions | None = None,
    *,
    count: int = 5,
    technique: str = "auto",
    tracks: tuple[Track | LazyTrack, Track | LazyTrack] | None = None,
    mixer: Mixer | None = None,
    registry: Registry | None = None,
    **fields: Any,
) -> list[TransitionPlan]:
    """Plan several transitions: those of the lowest cost that differ clearly.

    Parameters
    ----------
    analysis_a, analysis_b : Analysis
        The outgoing and the incoming track.
    options : PlanOptions, optional
    count : int
        Largest number of plans, at least 1.
    technique, tracks, mixer, registry, **fields
        See :func:`plan_transition`.

    Returns
    -------
    list of TransitionPlan
        The best first. Two plans differ in the technique, or by at least 8 bars in the swap of a
        track. Their `cost` and `faults` are comparable among them.

    Raises
    ------
    InputError
        If `count` is less than 1.
    PlanError
        If no candidate fits; the message gives the reason for each.

    See Also
    --------
    plan_transition : Plans the best one.

    Examples
    --------
    >>> import djtrans
    >>> structure = (("intro", 16), ("drop", 32), ("outro", 16))
    >>> song = djtrans.synthesize(djtrans.TrackSpec(bpm=124.0, structure=structure))
    >>> analysis = djtrans.analyze_track(djtrans.Track(song.audio, song.sample_rate))
    >>> plans = djtrans.plan_candidates(analysis, analysis, count=3)
    >>> [plan.cost for plan in plans] == sorted(plan.cost for plan in plans)
    True
    """
    if count < 1:
        raise InputError(f"count = {count} is not allowed; give 1 or more.")
    registry = registry or default_registry()
    given = {} if options is None else attrs.asdict(options)
    wanted = config_from_dict(PlanOptions, {**given, **fields})
    if technique == "auto":
        groups = [
            CandidateGroup(techniques=_declared(names, registry), **facts)
            for names, facts in AUTO_GROUPS
        ]
    else:
        named = _declared((technique,), registry)
        groups = [
            CandidateGroup(techniques=named, asked=True),
            CandidateGroup(techniques=named, asked=True, loop=True, fallback=True),
        ]
    extractors = None if tracks is None else Pair(*tracks).map(beat_feature_extractor)
    gains = partial(_gains, registry, mixer or _default_mixer(registry))
    return plans_from_groups(
        analysis_a,
        analysis_b,
        groups,
        wanted,
        gains,
        extractors,
        count,
        0.0 if tracks is None else _headroom_db(tracks[0]),
    )


@lru_cache(maxsize=4)
def _default_mixer(registry: Registry) -> Mixer:
    return DifferentiableDJMixer(registry=registry)


@lru_cache(maxsize=512)
def _gains(
    registry: Registry, mixer: Mixer, name: str, window: Window, beats_per_bar: int
) -> Pair[BarGains]:
    technique = registry.techniques.find(name)
    if not all(mixer.layout.select(pattern) for pattern in technique.declaration.needs):
        return assume_gains(name, window, beats_per_bar)
    built = registry.techniques.build(name)
    try:
        return technique_gains(built, mixer, window, beats_per_bar, name)
    except Exception:  # noqa: BLE001 - whatever curves need that is not known yet
        # Its curves may depend on the stems, which are not separated yet. A technique that is
        # faulty fails again, with its own error, where its curves are generated.
        return assume_gains(name, window, beats_per_bar)


def _declared(names: tuple[str, ...], registry: Registry) -> dict[str, TechniqueDeclaration]:
    found = [registry.techniques.find(name) for name in names]
    return {component.name: component.declaration for component in found}


def _headroom_db(track: Track | LazyTrack) -> float:
    """Return the gain that the peaks of a track allow."""
    return RAISED_PEAK_DBFS - amplitude_to_db(peak(track))
