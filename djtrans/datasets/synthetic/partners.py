"""Find the pairs of tracks that a technique can mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import PlanError
from djtrans.datasets.synthetic.framed_cache import CachedTrack
from djtrans.planning.options import PlanOptions
from djtrans.planning.tempo import choose_tempo
from djtrans.planning.tempo_octave import match_tempo_octaves


def partners(
    tracks: Sequence[CachedTrack], technique: TechniqueDeclaration
) -> Mapping[int, Sequence[int]]:
    """Map each track that can be A to the tracks whose stems and tempo allow them to be B.

    Sampling A first makes tempos as common among transitions as among tracks; random pairs seldom
    share a rare tempo.
    """
    usable = [i for i, t in enumerate(tracks) if t.isolated or not technique.needs_isolation]
    found = {
        a: [b for b in usable if b != a and _tempos_fit(tracks[a], tracks[b], technique)]
        for a in usable
    }
    return {a: others for a, others in found.items() if others}


def _tempos_fit(a: CachedTrack, b: CachedTrack, technique: TechniqueDeclaration) -> bool:
    try:
        choose_tempo(*match_tempo_octaves(a.analyses[0], b.analyses[0]), technique, PlanOptions())
    except PlanError:
        return False
    return True
