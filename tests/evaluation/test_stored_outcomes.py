"""Stored outcomes: read as written, damage and outdated results reported."""

from __future__ import annotations

import json
import warnings

import pytest

from djtrans import save_stems, write_audio
from djtrans.core.errors import FormatError
from djtrans.evaluation import Outcome, TrackPair
from djtrans.evaluation.stored_outcomes import (
    known_outcomes,
    outcome_file,
    read_outcome,
    report_outdated,
    write_outcome,
)

torch = pytest.importorskip("torch")

OUTCOME = Outcome(pair="a to b", technique="djtrans/fade", values={"clicks": 0.25, "level": None})


def test_an_outcome_is_read_as_it_was_written(tmp_path):
    file = outcome_file(tmp_path, "a to b", "djtrans/fade", "x")
    write_outcome(file, OUTCOME)
    assert read_outcome(file) == OUTCOME
    assert known_outcomes([file, tmp_path / "none.json"]) == {str(file): OUTCOME}


@pytest.mark.parametrize("change", ["cut off", "edited", "no digest", "a list"])
def test_a_damaged_outcome_is_reported_and_not_known(tmp_path, change):
    file = tmp_path / "x.json"
    write_outcome(file, OUTCOME)
    text = file.read_text()
    values = json.loads(text)
    del values["sha256"]
    damaged = {
        "cut off": text[:40],
        "edited": text.replace("0.25", "0.35"),
        "no digest": json.dumps(values),
        "a list": "[1]",
    }[change]
    file.write_text(damaged)
    with pytest.raises(FormatError, match=r"x\.json is damaged"):
        read_outcome(file)
    with pytest.warns(UserWarning, match=r"x\.json is damaged.*It is measured again"):
        assert known_outcomes([file]) == {}


def test_results_of_other_inputs_are_reported_once_and_those_of_other_pairs_are_not(tmp_path):
    old, new, other = (
        outcome_file(tmp_path, pair, "djtrans/fade", depends)
        for pair, depends in (("a to b", "1"), ("a to b", "2"), ("c to d", "1"))
    )
    write_outcome(old, OUTCOME)
    write_outcome(other, OUTCOME)
    with pytest.warns(UserWarning, match=f"1 results in .* are measured again, such as {old.name}"):
        report_outdated(tmp_path, [new])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report_outdated(tmp_path, [old])


def test_a_pair_is_identified_by_the_content_of_tracks_and_stems(tmp_path):
    from djtrans.core.track.stems import Stems

    def write(folder, level):
        folder.mkdir(exist_ok=True)
        write_audio(folder / "a.wav", torch.full((1, 800), level), 8000)
        save_stems(Stems(torch.full((1, 1, 800), level), ("drums",), 8000), folder / "stems")

    write(tmp_path / "here", 0.5)
    write(tmp_path / "there", 0.5)

    def identity(folder):
        file, stems = str(tmp_path / folder / "a.wav"), str(tmp_path / folder / "stems")
        return TrackPair(a=file, b=file, name="x", stems_a=stems).identity

    before = identity("here")
    assert identity("there") == before  # of the same content elsewhere
    corrections = tmp_path / "there" / "a.wav.djtrans.json"
    corrections.write_text("{}")
    assert identity("there") != before
    corrections.unlink()
    assert identity("there") == before
    drums = tmp_path / "here" / "stems" / "drums.wav"
    content = bytearray(drums.read_bytes())
    content[-1] ^= 1
    drums.write_bytes(content)
    assert identity("here") != before
    write(tmp_path / "here", 0.25)
    assert identity("here")["a"] != before["a"]
