"""Mutations of valid files, and readers of the package that must refuse or read them."""

from __future__ import annotations

import json
import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djtrans.core.errors import DjtransError
from djtrans.core.track.tracklist_files import load_tracklist
from djtrans.core.transition.params_file import load_params
from torture.mutation import BYTES, mutated_json, paths, removed, replaced

FILES = Path(__file__).resolve().parent.parent / "data" / "files_0_1"
SEEDS = st.integers(0, 2**32 - 1)
ONE_FOLDER = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_every_place_can_be_changed_and_removed():
    document = {"a": [1, {"b": 2}], "c": None}
    assert list(paths(document)) == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b"), ("c",)]
    assert replaced(document, ("a", 1, "b"), lambda old: old + 1) == {
        "a": [1, {"b": 3}],
        "c": None,
    }
    assert removed(document, ("a", 0)) == {"a": [{"b": 2}], "c": None}
    assert document == {"a": [1, {"b": 2}], "c": None}


@given(seed=SEEDS)
def test_a_seed_gives_one_mutation(seed):
    data = bytes(range(200))
    for change in BYTES.values():
        assert change(data, random.Random(seed)) == change(data, random.Random(seed))
    document = {"a": [1, 2], "b": {"c": "x"}}
    assert mutated_json(document, random.Random(seed)) == mutated_json(
        document, random.Random(seed)
    )


def read_or_refused(read, file):
    """Any other exception fails the test."""
    with suppress(DjtransError):
        read(file)


@ONE_FOLDER
@given(seed=SEEDS)
def test_params_files_are_read_or_refused(seed, tmp_path):
    document = json.loads((FILES / "rules.json").read_text(encoding="utf-8"))
    file = tmp_path / "x.json"
    file.write_text(mutated_json(document, random.Random(seed))[1], encoding="utf-8")
    read_or_refused(load_params, file)


@ONE_FOLDER
@given(seed=SEEDS, change=st.sampled_from(sorted(BYTES)))
def test_damaged_params_files_are_read_or_refused(seed, change, tmp_path):
    file = tmp_path / "x.json"
    data = (FILES / "rules.json").read_bytes()
    file.write_bytes(BYTES[change](data, random.Random(seed)))
    read_or_refused(load_params, file)


@ONE_FOLDER
@given(seed=SEEDS)
def test_tracklists_are_read_or_refused(seed, tmp_path):
    (source, *_) = sorted((FILES / "tracklists").glob("*.json"))
    document = json.loads(source.read_text(encoding="utf-8"))
    file = tmp_path / "x.json"
    file.write_text(mutated_json(document, random.Random(seed))[1], encoding="utf-8")
    read_or_refused(load_tracklist, file)


@pytest.mark.parametrize("seed", range(12))
def test_prepared_pairs_are_read_or_refused(seed, tmp_path):
    from djtrans.datasets.pairs.pair_folder import read_pair

    (source, *_) = sorted((FILES / "pairs").glob("pair_*"))
    folder = tmp_path / "pair"
    shutil.copytree(source, folder)
    rng = random.Random(seed)
    file = folder / rng.choice(("analysis.json", "params.json"))
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(mutated_json(document, rng)[1], encoding="utf-8")
    read_or_refused(read_pair, folder)
