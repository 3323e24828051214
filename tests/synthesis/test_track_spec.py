from __future__ import annotations

import attrs
import pytest

from djtrans.core.contracts.config import config_from_dict, config_to_dict
from djtrans.core.errors import ConfigError
from djtrans.synthesis import TrackSpec


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"bpm": 59.9}, "60 to 200"),
        ({"bpm": float("nan")}, "60 to 200"),
        ({"bpm": "fast"}, "type str"),
        ({"tonic": 12}, "0 to 11"),
        ({"mode": "dorian"}, "'minor', 'major'"),
        ({"seed": -1}, "seed"),
        ({"drums": "jazz"}, "'broken'"),
        ({"swing": 1.5}, "0 to 1"),
        ({"has_vocals": 1}, "type int"),
        ({"sample_rate_hz": 8000}, "22050 to 96000 Hz"),
        ({"level_db": 0.0}, "-60 to -0.1"),
        ({"start_seconds": -0.1}, "0 to 60"),
        ({"structure": ()}, "pairs like"),
        ({"structure": "intro"}, "pairs like"),
        ({"structure": 16}, "pairs like"),
        ({"structure": (("intro", 4, 4),)}, "a pair like"),
        ({"structure": ("intro",)}, "a pair like"),
        ({"structure": (("intor", 8),)}, "Did you mean 'intro'"),
        ({"structure": (("intro", 0),)}, "whole number from 1"),
        ({"structure": (("intro", 4.0),)}, "whole number from 1"),
        ({"structure": (("intro", True),)}, "whole number from 1"),
        ({"structure": (("intro", 200), ("drop", 57))}, "257 bars"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_says_what_is_allowed(
    values: dict, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        TrackSpec(**values)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_spec_goes_through_json_and_back() -> None:
    import json

    spec = TrackSpec(bpm=87.5, tonic=3, mode="major", seed=7, structure=(("drop", 4), ("outro", 2)))
    again = config_from_dict(TrackSpec, json.loads(json.dumps(config_to_dict(spec))))
    assert again == spec
    assert hash(again) == hash(spec)


def test_every_field_documents_itself() -> None:
    for field in attrs.fields(TrackSpec):
        assert field.metadata["help"].endswith(".")
