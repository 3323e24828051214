"""Analyses as JSON: exact round trip."""

from __future__ import annotations

import json
import math

import attrs
import cattrs
import numpy as np
import pytest

from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.analysis_json import analysis_from_dict, analysis_to_dict
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key


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
