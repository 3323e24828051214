"""One record of options behind the Python function and the command."""

from __future__ import annotations

import attrs
import click
import numpy as np
import pytest

import djtrans
from djtrans.cli import cli
from djtrans.core.errors import InputError
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.transition.pair import Pair
from djtrans.pipeline.options import REFINEMENTS, GenerateFields, GenerateOptions, parse_context
from djtrans.planning.options import PlanOptions
from djtrans.refinement.descent import PREDICTIONS


def test_the_typed_keyword_arguments_are_the_fields_of_the_record():
    fields = {field.name: field.type for field in attrs.fields(GenerateOptions)}
    typed = {name: ref.__forward_arg__ for name, ref in GenerateFields.__annotations__.items()}
    assert typed == fields


def test_refinement_is_automatic_off_or_by_one_of_its_predictions():
    assert ("auto", "off", *PREDICTIONS) == REFINEMENTS


def test_every_field_of_text_or_numbers_is_an_option_of_the_command_with_its_default():
    options = {
        p.name: p
        for p in cli.get_command(click.Context(cli), "generate").params
        if isinstance(p, click.Option)
    }
    for field in attrs.fields(GenerateOptions):
        if field.name in ("settings", "guides"):
            continue
        option = options[field.name]
        assert option.default == field.default, field.name
        assert option.help == field.metadata["help"]
    types = {name: option.type.name for name, option in options.items()}
    assert (types["steps"], types["cue_a"], types["full"]) == ("integer", "text", "boolean")
    assert types["tempo"] == types["context"] == types["model"] == "text"


def test_every_field_is_documented():
    documented = djtrans.GenerateOptions.__doc__
    for field in attrs.fields(GenerateOptions):
        assert f"{field.name}" in documented.split("Raises")[0], field.name


def test_a_wrong_name_is_refused_before_a_file_is_read():
    with pytest.raises(InputError, match=r"no option 'techniqe'\. Did you mean 'technique'"):
        djtrans.generate("none.wav", "none.wav", techniqe="fade")


def test_fields_replace_those_of_the_record():
    options = GenerateOptions(technique="fade", seed=3)
    assert GenerateOptions.of(options, {"seed": 4}) == attrs.evolve(options, seed=4)
    assert GenerateOptions.of(None, {}) == GenerateOptions()
    with pytest.raises(InputError, match="Both bars and duration"):
        GenerateOptions.of(GenerateOptions(bars=8), {"duration": 3.0})


def test_the_defaults_are_those_of_the_planner():
    assert GenerateOptions().plan(None) == GenerateOptions(bars=None).plan(None) == PlanOptions()


def test_the_parts_hold_what_the_record_holds():
    options = GenerateOptions(
        bars=16,
        cue_a=1.5,
        swap_b=2.5,
        tempo=128,
        shift_beats=2,
        nudge_ms=5,
        stems_b="stems",
        separator="spectral",
        settings={"reverb.decay_seconds": 2.0, "separator.x": 1, "technique.y": 2},
        device="cpu",
    )
    assert options.plan(None) == PlanOptions(
        bars=16, cue_a_seconds=1.5, swap_b_seconds=2.5, tempo="128", shift_beats=2, nudge_ms=5.0
    )
    part = options.preparation
    assert (part.separator, part.device) == ("spectral", "cpu")
    assert part.stems == Pair(None, "stems")
    assert part.settings.mixer == {"reverb.decay_seconds": 2.0}
    assert (part.settings.separator, part.settings.technique) == ({"x": 1}, {"y": 2})


@pytest.mark.parametrize(
    ("context", "parsed"), [(8, (8.0, False)), ("8s", (8.0, True)), (" .5 s ", (0.5, True))]
)
def test_context_is_bars_or_seconds(context, parsed):
    assert parse_context(context) == parsed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("95.2", 95.2), ("1:35.2", 95.2), ("bar:3", 4.5), (12, 12.0), (None, None)],
)
def test_positions_are_read_as_the_summary_prints_them(text, seconds):
    grid = BeatGrid(np.arange(61) * 0.5, first_downbeat=1, bpm=120.0)  # bar 1 begins at 0.5 s
    options = GenerateOptions(cue_a=text, swap_b=text)
    plan = options.plan(Pair(grid, grid))
    assert plan.cue_a_seconds == plan.swap_b_seconds == (seconds and pytest.approx(seconds))


def test_a_bar_outside_the_track_is_refused_with_the_bars_there_are():
    grid = BeatGrid(np.arange(61) * 0.5, first_downbeat=1, bpm=120.0)
    with pytest.raises(InputError, match=r"cue_b = 'bar:16' lies outside track B; .*to bar:14"):
        GenerateOptions(cue_b="bar:16").plan(Pair(grid, grid))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"bars": 12},
            r"^bars = 12 is not allowed; give 1, 2, 4, 8, 16, 24, 32, 48 or 64, or auto",
        ),
        ({"bars": 0}, r"^bars = 0 is not allowed; give 1,"),
        (
            {"cue_a": "1:3x"},
            r"^cue_a = '1:3x' is not allowed; give seconds, minutes such as 1:35.2",
        ),
        ({"swap_b": "bar:0"}, r"^swap_b = 'bar:0' is not allowed"),
        ({"key_shift": 9}, r"^key_shift = 9 is out of range; give -6 to 6 semitones"),
    ],
)
def test_an_option_is_refused_by_the_name_that_the_user_gave(fields, message):
    with pytest.raises(InputError, match=message):
        GenerateOptions(**fields)
