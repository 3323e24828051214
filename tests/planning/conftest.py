"""Hand-made analyses with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.planning.candidate_group import CandidateGroup
from djtrans.planning.options import PlanOptions
from djtrans.planning.planner import plans_from_groups


def make_technique(name="swap", bars=(8, 16, 32), swap_at=0.5, **facts):
    return TechniqueDeclaration(
        name=name, summary="x", factory="a:b", bars=bars, swap_at=swap_at, **facts
    )


def make_analysis(
    bpm=120.0,
    sections=(("intro", 16), ("drop", 32), ("outro", 16)),
    first=0,
    lead=0.0,
    lufs=-10.0,
    tonic=9,
    key_confidence=1.0,
    vocal=(),
    per_bar=4,
    **grid,
):
    """Build an analysis: 8-bar phrases, 0 dB, low end -6 dB, vocals in the bars of `vocal`."""
    bars = sum(length for _, length in sections)
    beats = lead + np.arange(bars * per_bar + 1 + first) * 60 / bpm
    made, phrases, at = [], [], 0
    for label, length in sections:
        made.append(Section(label, at, at + length))
        phrases += [Phrase(at + i, min(8, length - i)) for i in range(0, length, 8)]
        at += length
    voice = np.zeros(bars)
    for start, stop in vocal:
        voice[start:stop] = 1.0
    return Analysis(
        duration_seconds=float(beats[-1]) + 1.0,
        grid=BeatGrid(beats, first, bpm, beats_per_bar=per_bar, **grid),
        sections=made,
        phrases=phrases,
        key=Key(tonic, "minor", key_confidence),
        levels=Levels(lufs, lufs),
        bar_level_db=np.zeros(bars),
        bar_low_db=np.full(bars, -6.0),
        bar_vocal=voice,
    )


def make_plan(
    a, b, *techniques, extractors=None, groups=None, looped=False, headroom=0.0, **options
):
    """Plan with techniques requested by name, or with candidate groups."""
    techniques = techniques or (make_technique(),)
    if groups is None:
        named = {f"x/{t.name}": t for t in techniques}
        groups = [CandidateGroup(techniques=named, asked=True)]
        if looped:
            groups.append(CandidateGroup(techniques=named, asked=True, loop=True, fallback=True))
    wanted = PlanOptions(**options)
    return plans_from_groups(a, b, groups, wanted, extractors=extractors, headroom_a_db=headroom)[0]


@pytest.fixture(scope="session")
def technique():
    return make_technique


@pytest.fixture(scope="session")
def analysis():
    return make_analysis


@pytest.fixture(scope="session")
def plan():
    return make_plan
