"""The same inputs, seed and device give the same bytes, wherever and whenever they are computed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.every_output import COMMANDS, make_inputs

ROOT = Path(__file__).resolve().parent.parent

#: What must not matter: threads, the order of sets, time zone, language.
SURROUNDINGS = {
    "one thread": {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    "two threads": {
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
        "PYTHONHASHSEED": "1",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C.UTF-8",
    },
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("here")
    make_inputs(folder)
    return folder


@pytest.fixture
def elsewhere(inputs, tmp_path):
    """The same files in another folder, made in another order, with other times and rights."""
    folder = tmp_path / "some where else"
    folder.mkdir()
    for file in sorted(inputs.iterdir(), reverse=True):
        shutil.copyfile(file, folder / file.name)
        os.utime(folder / file.name, (0, 0))
        (folder / file.name).chmod(0o600)
    return folder


def outputs(inputs: Path, folder: Path, cache: Path, surroundings: str, *names: str):
    """The digest of each output of the commands, in a process of their own."""
    folder.mkdir()
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "DJTRANS_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.every_output", inputs, folder, *names],
        env=environ | SURROUNDINGS[surroundings],
        umask=0o077 if surroundings == "two threads" else 0o022,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]


@pytest.mark.slow
def test_threads_and_place_do_not_change_a_transition(inputs, elsewhere, tmp_path):
    names = ("warped",)
    one = outputs(inputs, tmp_path / "one", tmp_path / "cache", "one thread", *names)
    assert {"warped.ogg", "warped.json", "warped.png"} <= set(one)
    two = outputs(elsewhere, tmp_path / "two", tmp_path / "other cache", "two threads", *names)
    assert differing(one, two) == []


@pytest.mark.slow
def test_every_command_gives_the_same_bytes_whatever_surrounds_it(inputs, elsewhere, tmp_path):
    names = tuple(COMMANDS)
    cold, other = tmp_path / "cache", tmp_path / "other cache"
    want = outputs(inputs, tmp_path / "cold", cold, "one thread", *names)
    assert len(want) > 50
    # Entries of other inputs: the second cache knows one of three tracks, and other settings.
    outputs(inputs, tmp_path / "before", other, "one thread", "librosa", "analyze one")
    for folder, cache, surroundings in (
        ("warm", cold, "two threads"),
        ("other entries", other, "one thread"),
    ):
        found = outputs(elsewhere, tmp_path / folder, cache, surroundings, *names)
        assert differing(want, found) == [], folder
