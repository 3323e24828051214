"""An analysis survives JSON to the last digit; a file is analyzed once per analyzer and version."""

from __future__ import annotations

import json
import math

import attrs
import cattrs
import numpy as np
import pytest
import torch

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.analysis_io import (
    KIND,
    analysis_from_dict,
    analysis_to_dict,
    cached_analysis,
)
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.track.track import Track
from djtrans.core.util.cache import Usage, default_cache
from djtrans.testing.example_track import example_analysis

DECLARED = AnalyzerDeclaration(name="ear", summary="An ear.", factory="acme.ear:Ear")
TRACK = Track(torch.zeros(2, 8000), 8000, "a.wav", sha256="0" * 64)


def an_analysis() -> Analysis:
    rng = np.random.default_rng(0)
    return Analysis(
        duration_seconds=20.0 / 3.0,
        grid=BeatGrid(np.cumsum(rng.uniform(0.4, 0.5, 17)), 1, 127.99, confidence=1 / 3),
        sections=(Section("intro", 0, 1, -3.3, 0.5), Section("drop", 1, 3)),
        phrases=(Phrase(0, 1), Phrase(1, 2)),
        key=Key(9, "minor", 0.7),
        levels=Levels(-math.inf, -9.25),
        bar_level_db=rng.uniform(-30, 0, 3),
        bar_low_db=rng.uniform(-30, 0, 3),
        bar_vocal=rng.uniform(0, 1, 3),
    )


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if attrs.has(type(a)):
        fields = attrs.fields(type(a))
        return type(a) is type(b) and all(
            same(getattr(a, f.name), getattr(b, f.name)) for f in fields
        )
    return a == b


def test_every_field_comes_back_exactly_through_strict_json():
    analysis = an_analysis()
    text = json.dumps(analysis_to_dict(analysis), allow_nan=False)
    assert same(analysis_from_dict(json.loads(text)), analysis)


def test_the_key_is_also_given_as_people_write_it():
    plain = analysis_to_dict(an_analysis())
    assert (plain["key"]["name"], plain["key"]["camelot"]) == ("A minor", "8A")
    assert plain["sections"][0]["label"] == "intro"


@pytest.mark.parametrize("field", ["grid", "key", "bar_level_db"])
def test_a_missing_field_is_an_error(field):
    plain = analysis_to_dict(an_analysis())
    del plain[field]
    with pytest.raises(cattrs.BaseValidationError):
        analysis_from_dict(plain)


# --- cached ---


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
        (attrs.evolve(TRACK, audio=torch.full((2, 8000), 1e-6)), "acme/ear", DECLARED),
        (attrs.evolve(TRACK, sample_rate=9000), "acme/ear", DECLARED),
        (attrs.evolve(TRACK, audio=torch.zeros(1, 8000)), "acme/ear", DECLARED),
        (TRACK, "other/ear", DECLARED),
        (TRACK, "acme/ear", attrs.evolve(DECLARED, version=2)),
    ],
    ids=["samples", "rate", "shape", "analyzer", "version"],
)
def test_whatever_decides_the_result_makes_another_entry(analyze, track, name, declared):
    cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
    cached_analysis(track, name, declared, analyze)
    assert analyze.count == 2
    assert default_cache().info()[KIND].entries == 2


def test_what_cannot_be_known_again_is_not_kept(analyze):
    unknown = attrs.evolve(DECLARED, factory=lambda config: None)
    cached_analysis(TRACK, "acme/ear", unknown, analyze)
    assert default_cache().info() == {}


def test_a_damaged_entry_is_analyzed_again(analyze, cache_folder):
    cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
    (entry,) = (cache_folder / KIND).iterdir()
    sound = entry.read_bytes()
    for damage in (b"", sound[:60], sound.replace(b"1", b"2")):
        entry.write_bytes(damage)
        with pytest.warns(UserWarning, match="is damaged"):
            cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
    entry.write_text("{}")  # of a version without checksums
    cached_analysis(TRACK, "acme/ear", DECLARED, analyze)
    assert analyze.count == 5
    assert default_cache().info()[KIND] == Usage(1, entry.stat().st_size)
