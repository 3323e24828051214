"""Tracklists: validation, files and file names."""

from __future__ import annotations

import json
import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.errors import FormatError, InputError, TracklistError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry, clock
from djtrans.core.track.tracklist_files import (
    file_name,
    find_tracklist,
    identity,
    load_tracklist,
    save_tracklist,
    tracklist_id,
)

MIX = Tracklist(
    title="Ada @ Plain",
    entries=[
        TracklistEntry(start_seconds=0, artist="Bo", title="One", mix="Dub", label="P"),
        TracklistEntry(artist="Cy", title="Two", with_previous=True),
        TracklistEntry(start_seconds=300.5, title="ID"),
    ],
    url="https://example.org/mix",
    audio="mix.mp3",
    resolution_seconds=60.0,
)


def test_what_it_says_of_its_tracks():
    assert MIX.timed == 2
    assert [entry.identified for entry in MIX.entries] == [True, True, False]
    assert [str(entry) for entry in MIX.entries] == ["Bo - One (Dub)", "Cy - Two", "ID"]
    assert [clock(s) for s in (0, 65.9, 3599, 3600, 36061)] == [
        "0:00",
        "1:05",
        "59:59",
        "1:00:00",
        "10:01:01",
    ]


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"title": " "}, "no title"),
        ({"entries": []}, "has no tracks"),
        ({"resolution_seconds": 0.0}, "above 0"),
        (
            {"entries": [TracklistEntry(start_seconds=s, title=str(s)) for s in (9, 8)]},
            "'8' starts at 0:08, before '9' at 0:09",
        ),
    ],
)
def test_unsound_ones_are_refused(changes, match):
    with pytest.raises(TracklistError, match=match):
        attrs.evolve(MIX, **changes)


@pytest.mark.parametrize("start", [-1.0, float("nan"), float("inf")])
def test_a_start_is_a_time(start):
    with pytest.raises(TracklistError, match="at least 0"):
        TracklistEntry(start_seconds=start)


def test_a_file_is_read_back(tmp_path):
    path = save_tracklist(MIX, tmp_path / "a" / "b")
    assert load_tracklist(path) == MIX
    assert path.name == f"ada-plain-{tracklist_id(MIX.url)}.json"
    assert find_tracklist(tmp_path / "a" / "b", identity(MIX)) == path
    assert find_tracklist(tmp_path / "nowhere", identity(MIX)) is None
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # nothing half-written


def test_a_mix_is_known_by_its_address_or_else_by_what_is_said_of_it():
    other = attrs.evolve(MIX, title="Ada, again", entries=MIX.entries[:1])
    assert identity(other) == identity(MIX)
    unnamed = attrs.evolve(MIX, url="")
    assert identity(unnamed) == identity(attrs.evolve(unnamed, source="acme/cue"))
    assert identity(unnamed) != identity(attrs.evolve(unnamed, entries=MIX.entries[:1]))


@given(st.text(min_size=1).filter(str.strip))
def test_any_title_gives_a_name_that_any_file_system_takes(title):
    name = file_name(attrs.evolve(MIX, title=title))
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?-[0-9a-f]{12}\.json", name)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda d: d.update(format="other"), "is not a valid tracklist"),
        (lambda d: d.update(format_version=2), "format version 2"),
        (lambda d: d.pop("entries"), "entries"),
        (lambda d: d.update(mood="dark"), "mood"),
        (lambda d: d["entries"][0].update(bpm=1), "bpm"),
        (lambda d: d["entries"][0].update(start_seconds=400), "before"),
    ],
)
def test_a_file_that_is_not_ours_or_unsound_is_refused(tmp_path, change, match):
    path = save_tracklist(MIX, tmp_path)
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(FormatError, match=match):
        load_tracklist(path)


def test_a_file_that_is_not_there_or_no_json(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_tracklist(tmp_path / "absent.json")
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    with pytest.raises(FormatError, match="not JSON"):
        load_tracklist(tmp_path / "x.json")


def test_a_folder_that_cannot_be_made_is_one_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Cannot make the folder"):
        save_tracklist(MIX, tmp_path / "file" / "sub")
