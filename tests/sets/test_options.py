"""Options of a set."""

from __future__ import annotations

import pytest

from djtrans.core.errors import InputError
from djtrans.pipeline.options import GenerateOptions
from djtrans.sets.options import SetOptions, check_transition_options


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"arc": "fall"}, "choose peak, rise, flat"),
        ({"gap": "none"}, "choose auto, fade, cut"),
        ({"max_seconds": 5.0}, "give 20 to 7200"),
        ({"min_seconds": 90.0, "max_seconds": 60.0}, "is not less than"),
        ({"pause_seconds": -1.0}, "give 0 to 60"),
        ({"loudness_lufs": float("nan")}, "loudness_lufs"),
        ({"keep_order": True, "first": "a"}, "keep_order is given with first"),
    ],
)
def test_impossible_options_are_refused(fields, message):
    with pytest.raises(InputError, match=message):
        SetOptions(**fields)


def test_fields_replace_options_and_unknown_ones_are_refused():
    assert SetOptions.of(SetOptions(arc="flat"), {"gap": "cut"}).arc == "flat"
    with pytest.raises(InputError, match="Did you mean 'pin'"):
        SetOptions.of(None, {"pn": 1})


def test_options_of_a_single_transition_are_refused():
    check_transition_options(GenerateOptions(technique="cut", tempo=126.0, seed=3))
    with pytest.raises(InputError, match="cue_a belongs to a single transition"):
        check_transition_options(GenerateOptions(cue_a=10.0))
    with pytest.raises(InputError, match="choose auto, off"):
        check_transition_options(GenerateOptions(refine="audio"))
