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
    find_same,
    find_tracklist,
    identity,
    load_tracklist,
    save_tracklist,
    tracklist_id,
)
from djtrans.core.util.names import visible

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


@pytest.mark.parametrize("start", [-1.0, float("nan"), float("inf"), 10**400])
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


@given(st.text(min_size=1).filter(lambda title: visible(title).strip()))
def test_any_title_gives_a_name_that_any_file_system_takes(title):
    name = file_name(attrs.evolve(MIX, title=title))
    plain, id_ = name[:-18], name[-18:]
    assert re.fullmatch(r"-[0-9a-f]{12}\.json", id_)
    assert 1 <= len(plain.encode()) <= 80
    assert not re.search(r'[\s/\\:*?"<>|.\x00-\x1f]', plain)


@pytest.mark.parametrize("title", ["../../etc/x", "/etc/passwd", "CON", "a\0b", "..", "ж" * 300])
def test_no_title_leaves_the_folder(tmp_path, title):
    path = save_tracklist(attrs.evolve(MIX, title=title), tmp_path / "out")
    assert path.parent == tmp_path / "out"
    assert list(tmp_path.rglob("*.json")) == [path]
    assert load_tracklist(path).entries == MIX.entries


def test_names_of_other_scripts_are_kept_and_do_not_collide(tmp_path):
    mixes = [attrs.evolve(MIX, title=title, url="") for title in ("Кино", "Ария", "椎名林檎")]
    paths = [save_tracklist(mix, tmp_path) for mix in mixes]
    assert [path.name[:-18] for path in paths] == ["кино", "ария", "椎名林檎"]
    assert [load_tracklist(path) for path in paths] == mixes


@pytest.mark.parametrize(
    "fields", [{"title": 5}, {"artist": None}, {"start_seconds": "0:05"}, {"start_seconds": True}]
)
def test_fields_of_other_types_are_refused(fields):
    with pytest.raises(TracklistError, match="is required"):
        TracklistEntry(**fields)


def test_texts_are_cleaned():
    entry = TracklistEntry(
        artist="\u200eAda\u00a0 B", title="\ufeffCafe\u0301\u200b", url="a\u2060"
    )
    assert (entry.artist, entry.title, entry.url) == ("Ada B", "Caf\u00e9", "a")


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
    with pytest.raises(InputError, match="Cannot create the folder"):
        save_tracklist(MIX, tmp_path / "file" / "sub")


def named(*titles, title="Night", url="https://example.org/x"):
    entries = [TracklistEntry(artist="Bo", title=name) for name in titles]
    return Tracklist(title=title, entries=entries, url=url)


def test_the_same_mix_has_half_of_its_tracks_in_common(tmp_path):
    saved = save_tracklist(named("One", "Two", "Three", "Four"), tmp_path)
    assert find_same(named("Two", "Four", "Five", "Six"), tmp_path) == saved
    assert find_same(named("Two", "Five", "Six", "Seven"), tmp_path) is None
    # The shorter one counts: a list that breaks off is of the same mix.
    assert find_same(named("Three", "Seven"), tmp_path) == saved
    assert find_same(named("One", "Two", url="https://example.org/y"), tmp_path) is None


def test_without_tracks_the_title_decides(tmp_path):
    saved = save_tracklist(named("ID", title="Night!"), tmp_path)
    unknown = [TracklistEntry(title="ID")]
    for title, expected in (("night", saved), ("Day", None)):
        mix = Tracklist(title=title, entries=unknown, url="https://example.org/x")
        assert find_same(mix, tmp_path) == expected


def test_a_file_that_is_being_corrected_by_hand_is_that_of_its_mix(tmp_path):
    saved = save_tracklist(named("One"), tmp_path)
    saved.write_text("{", encoding="utf-8")
    assert find_same(named("Other"), tmp_path) == saved
