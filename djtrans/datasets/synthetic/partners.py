"""Choose compatible partners of a track for one technique."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError
from djtrans.datasets.synthetic.framed_cache import Heard
from djtrans.planning.options import PlanOptions
from djtrans.planning.tempo import choose_tempo
from djtrans.planning.tempo_octave import match_tempo_octaves


def partners(
    tracks: Sequence[Heard], technique: TechniqueDeclaration
) -> Mapping[int, Sequence[int]]:
    """For each track that may be A, those whose stems and tempo allow them to be B.

    With A drawn among these first, a tempo is as common among transitions as it is among tracks.
    Two tracks at random seldom share a rare one, and a model would hardly hear it.
    """
    usable = [i for i, t in enumerate(tracks) if t.isolated or not technique.needs_isolation]
    found = {
        a: [b for b in usable if b != a and _tempos_fit(tracks[a], tracks[b], technique)]
        for a in usable
    }
    return {a: others for a, others in found.items() if others}


def _tempos_fit(a: Heard, b: Heard, technique: TechniqueDeclaration) -> bool:
    try:
        choose_tempo(*match_tempo_octaves(a.analyses[0], b.analyses[0]), technique, PlanOptions())
    except PlanError:
        return False
    return True
