"""A file is analyzed once for each analyzer, version, rate and shape."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.track.analysis_cache import KIND, cached_analysis
from djtrans.core.track.track import Track
from djtrans.core.util.cache import Usage, default_cache
from djtrans.testing.example_track import example_analysis

DECLARED = AnalyzerDeclaration(name="ear", summary="An ear.", factory="acme.ear:Ear")
TRACK = Track(torch.zeros(2, 8000), 8000, "a.wav", sha256="0" * 64)


@pytest.fixture
def analyze():
    def call():
        call.count += 1
        return example_analysis()

    call.count = 0
    return call


def test_the_second_time_nothing_is_analyzed(analyze):
    first, second = (cached_analysis(TRACK, "acme/ear", DECLARED, analyze) for _ in range(2))
    assert analyze.count == 1
    assert second.bar_level_db.tolist() == first.bar_level_db.tolist()


@pytest.mark.parametrize(
    ("track", "name", "declared"),
    [
        (attrs.evolve(TRACK, sha256="1" * 64), "acme/ear", DECLARED),
        (attrs.evolve(TRACK, sample_rate=9000), "acme/ear", DECLARED),
        (attrs.evolve(TRACK, audio=torch.zeros(1, 8000)), "acme/ear", DECLARED),
        (TRACK, "other/ear", DECLARED),
        (TRACK, "acme/ear", attrs.evolve(DECLARED, version=2)),
    ],
    ids=["file", "rate", "shape", "analyzer", "version"],
)
def test_whatever_decides_the_result_makes_another_entry(analyze, track, name, declared):
    cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
    cached_analysis(track, name, declared, analyze)
    assert analyze.count == 2
    assert default_cache().info()[KIND].entries == 2


def test_what_cannot_be_known_again_is_not_kept(analyze):
    unlike = (
        (attrs.evolve(TRACK, sha256=""), DECLARED),
        (TRACK, attrs.evolve(DECLARED, factory=lambda config: None)),
    )
    for track, declared in unlike:
        cached_analysis(track, "acme/ear", declared, analyze)
    assert default_cache().info() == {}


def test_a_damaged_entry_is_analyzed_again(analyze, cache_folder):
    for damage in ("", "{}", "[1, 2"):
        cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
        (entry,) = (cache_folder / KIND).iterdir()
        entry.write_text(damage)
    cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
    assert analyze.count == 4
    assert default_cache().info()[KIND] == Usage(1, entry.stat().st_size)
