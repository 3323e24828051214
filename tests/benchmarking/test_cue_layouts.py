"""Datasets with cue points are found in their published layouts, from stand-ins."""

from __future__ import annotations

import json
import sys

import pytest

from djtrans.benchmarking import datasets
from djtrans.benchmarking.cue_layouts import agreed
from djtrans.core.errors import DependencyError, InputError


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def only(name, folder):
    (track,), found = datasets()[name].tracks(folder)
    assert found == 1
    return track


def test_points_within_half_a_second_are_one_if_enough_people_agree():
    points = [(10.0, "a"), (10.4, "b"), (10.6, "c"), (30.0, "a"), (30.1, "a")]
    assert agreed(points, 1) == pytest.approx((10.2, 10.6, 30.05))
    assert agreed(points, 2) == pytest.approx((10.2,))


def jams(*annotators):
    """Return annotations of a track by several annotators, as M-DJCUE has them."""
    return json.dumps(
        {
            "annotations": [
                {
                    "annotation_metadata": {"annotator": {"name": "A"}},
                    "namespace": "cue_point",
                    "data": [
                        {"time": time, "duration": 0.0, "value": {"label": label, "comment": ""}}
                        for label, time in points
                    ],
                }
                for points in annotators
            ],
            "file_metadata": {"title": "T", "duration": 240.0},
            "sandbox": {},
        }
    )


def test_m_djcue_has_the_points_of_two_of_three_annotators(tmp_path):
    text = jams(
        [("IN", 5.8), ("OUT", 105.6)], [("IN", 5.8), ("IN", 28.9)], [("IN", 5.9), ("OUT", 105.8)]
    )
    write(tmp_path / "annotations/Some One - Song (Mix).jams", text)
    write(tmp_path / "annotations/Without audio.jams", text)
    write(tmp_path / "audio/Some One - Song (Mix).mp3")
    track = only("m-djcue", tmp_path)
    assert track.name == "Some One - Song (Mix)"
    assert track.annotations.cues == pytest.approx((5.8333, 105.7), abs=1e-3)


def test_annotations_of_another_form_are_reported(tmp_path):
    write(tmp_path / "annotations/A.jams", "[]")
    write(tmp_path / "audio/A.mp3")
    with pytest.raises(InputError, match=r"A\.jams has no cue points of M-DJCUE"):
        datasets()["m-djcue"].tracks(tmp_path)


def test_edm_cue_has_cue_points_and_tempo_by_number(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    grid = {"bpm": 174.0, "init_beat": 1, "start_pos": 0.05, "time_sig": "4/4"}
    rows = [
        {"id": number, "title": "T", "artists": "A", "duration": 300, "genre": ["dnb"],
         "key": ["8A"], "beat_grid": grid, "cue_pts": cues}
        for number, cues in ((12, [88.3, -0.02, 44.2]), (13, []), (14, [1.0]))
    ]  # fmt: skip
    file = tmp_path / "data/train-00000-of-00001.parquet"
    file.parent.mkdir()
    parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    for number in (12, 13):
        write(tmp_path / f"audio/{number}.mp3")
    track = only("edm-cue", tmp_path)
    assert (track.name, track.annotations.bpm) == ("12", 174.0)
    assert track.annotations.cues == (0.0, 44.2, 88.3)
    file.write_text("no table")
    with pytest.raises(InputError, match="is not a table of EDM-CUE"):
        datasets()["edm-cue"].tracks(tmp_path)


def test_edm_cue_without_pyarrow_is_reported_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    write(tmp_path / "data/train-00000-of-00001.parquet")
    with pytest.raises(DependencyError, match="pip install pyarrow"):
        datasets()["edm-cue"].tracks(tmp_path)


@pytest.fixture
def raveform(tmp_path):
    """Return a folder of Raveform with one annotated track that three mixes play."""
    entry = {
        "key": "0019.abc",
        "id": "abc",
        "duration": 60.0,
        "tempos": [{"start": 0.2, "bpm": 120.0, "beat_position_in_bar": 1}],
        "sections": [
            {"name": "intro", "start": 0.2, "end": 16.2},
            {"name": "drop", "start": 16.2, "end": 60.0},
            {"name": "end", "start": 60.0006, "end": 60.0},
        ],
        "played_at": ["mix1", "mix2", "mix3"],
    }
    write(tmp_path / "structures/segments.json", json.dumps([entry, {**entry, "key": "0020.def"}]))
    write(
        tmp_path / "structures/beats/0019.abc.beat.csv",
        "time,downbeat,section\n0.2,1,intro\n0.7,2,intro\n1.2,3,intro\n1.7,4,intro\n2.2,1,intro\n",
    )
    for mix, plays in {
        "mix1": [("abc", 0.2, 48.0, 0.9), ("xyz", 5.0, 6.0, 0.9)],
        "mix2": [("abc", 16.0, 48.2, 0.5), ("abc", 30.0, 40.0, 0.1)],
    }.items():
        lines = [
            json.dumps({"mix_id": mix, "track_id": track, "mixin_time_track": start,
                        "mixout_time_track": end, "match_rate": rate, "wp": [[1, 2]]})
            for track, start, end, rate in plays
        ]  # fmt: skip
        write(tmp_path / f"alignments/{mix}.align.jsonl", "\n".join(lines) + "\n")
    write(tmp_path / "audio/0019.abc.wav")
    return tmp_path


def test_raveform_has_beats_sections_and_the_points_at_which_djs_mixed(raveform):
    track = only("raveform", raveform)
    annotations = track.annotations
    assert (track.name, annotations.bpm) == ("0019.abc", 120.0)
    assert annotations.beats == (0.2, 0.7, 1.2, 1.7, 2.2)
    assert annotations.downbeats == (0.2, 2.2)
    assert annotations.boundaries == (0.2, 16.2, 60.0006)
    assert annotations.cues == pytest.approx((0.2, 16.0, 48.1))


def test_raveform_without_beats_of_a_track_is_reported(raveform):
    (raveform / "structures/beats/0019.abc.beat.csv").unlink()
    with pytest.raises(InputError, match="Cannot read the beats"):
        datasets()["raveform"].tracks(raveform)
