"""The djmix-dataset's metadata, in the form that its own package reads."""

from __future__ import annotations

import json

import attrs
import pytest

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import TracklistError
from djtrans.plugins.tracklists.djmix import DjmixDataset

MIX = {
    "id": "mix0001",
    "title": "2020-01-31 - Ada - Plain Radio 1",
    "url": "https://www.mixesdb.com/w/one",
    "audio_source": "soundcloud",
    "audio_url": "https://soundcloud.com/one",
    "num_identified_tracks": 2,
    "num_total_tracks": 4,
    "num_available_transitions": 1,
    "num_timestamps": 3,
    "tracklist": [
        {"id": "abcdefghijk", "title": "[00] Ada - One [Plain]"},
        {"id": None, "title": "[??] Bo - Two (Cy Remix)"},
        {"id": "zyxwvutsrqp", "title": "[105] ID - ID"},
        {"id": None, "title": "No Time - Three"},
    ],
    "tags": ["Category:House"],
}
FINE = {**MIX, "id": "mix0002", "url": None, "tracklist": [
    {"id": None, "title": "[05:30] Ada - One"}, {"id": None, "title": "[1:05:30] Bo - Two"},
]}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def call(document, suffix=".json"):
        path = tmp_path / f"djmix-dataset{suffix}"
        lines = "\n".join(map(json.dumps, document)) if suffix == ".jsonl" else json.dumps(document)
        path.write_text(lines, encoding="utf-8")
        return DjmixDataset(NoConfig()).read(str(path))

    return call


def test_a_mix(read):
    (found,) = read([MIX])
    assert (found.title, found.url, found.audio) == (MIX["title"], MIX["url"], MIX["audio_url"])
    assert found.resolution_seconds == 60
    assert [e.start_seconds for e in found.entries] == [0, None, 6300, None]
    assert [e.artist for e in found.entries] == ["Ada", "Bo", "ID", "No Time"]
    assert found.entries[1].mix == "Cy Remix"
    assert [bool(e.url) for e in found.entries] == [True, False, True, False]
    assert found.entries[0].url == "https://www.youtube.com/watch?v=abcdefghijk"


def test_finer_times_and_json_lines(read):
    _, found = read([MIX, FINE], ".jsonl")
    assert [e.start_seconds for e in found.entries] == [330, 3930]
    assert (found.resolution_seconds, found.url) == (1, "")
    assert list(read(FINE)) == [found]


def test_a_mix_that_cannot_be_read_is_said_after_the_others(read):
    falling = {**MIX, "id": "mix0003", "tracklist": [*reversed(MIX["tracklist"])]}
    found = read([falling, {**MIX, "id": "x", "tracklist": [{}]}, FINE])
    assert attrs.asdict(next(found))["entries"][0]["start_seconds"] == 330
    with pytest.raises(
        TracklistError, match=r"2 of 3 mixes are left out.*mix0003.*before.*x: a track"
    ):
        next(found)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (5, "entry 2: it has no list 'tracklist'"),
        (None, "entry 2: it has no list"),
        ([], "entry 2: it has no list"),
        ({"id": "x"}, "x: it has no list"),
        ({**MIX, "id": "x", "tracklist": "text"}, "x: it has no list"),
        ({**MIX, "id": "x", "tracklist": {"a": 1}}, "x: it has no list"),
        ({**MIX, "id": "x", "tracklist": ["text"]}, "x: a track without a title, text"),
        ({**MIX, "id": "x", "tracklist": [{"title": None}]}, "x: a track without a title"),
        ({**MIX, "id": "x", "tracklist": [{"title": 10**200}]}, "x: a track without a title"),
        ({"id": 7, "tracklist": MIX["tracklist"]}, "7: no field 'title'"),
        ({**MIX, "id": "x", "title": 5}, "x: A tracklist has 5 where a text"),
        ({**MIX, "id": "x", "title": " \u200b"}, "x: The tracklist has no title"),
        ({**MIX, "id": "x", "url": 5}, "x: A tracklist has 5 where a text"),
        ({**MIX, "id": "x", "title": "\ud800"}, "x: .* half a character"),
        ({**MIX, "id": ["x"], "title": 5}, "entry 2: A tracklist"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_one_bad_entry_is_named_and_the_others_are_read(read, bad, why, suffix):
    found = read([MIX, bad, FINE], suffix)
    assert [next(found).title, next(found).title] == [MIX["title"], FINE["title"]]
    with pytest.raises(TracklistError, match=rf"1 of 3 mixes are left out.*read: {why}") as caught:
        next(found)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "line", ["{", "[" * 100_000, '{"a": 1e999}', '{"a": NaN}', "\0".join("ab")[:1]]
)
def test_a_bad_line_of_json_lines_is_named(tmp_path, line):
    path = tmp_path / "a.jsonl"
    third = json.dumps({**FINE, "tags": "a\u2028b"}, ensure_ascii=False)
    path.write_text("\n".join([json.dumps(MIX), line, third]))
    found = DjmixDataset(NoConfig()).read(str(path))
    assert [next(found).title, next(found).title] == [MIX["title"], FINE["title"]]
    with pytest.raises(TracklistError, match=r"1 of 3 mixes are left out.*: entry 2: "):
        next(found)


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ([], "no mix with a tracklist"),
        ([{**MIX, "tracklist": []}], "no mix with a tracklist"),
        ([{"name": "other"}, 5], "not of the djmix-dataset"),
        ("text", "not of the djmix-dataset"),
    ],
)
def test_other_json_is_refused(read, document, match):
    with pytest.raises(TracklistError, match=match):
        list(read(document))


def test_no_json_is_refused(tmp_path):
    for text in ("[{", "[" * 100_000, '[{"a": 1, "a": 2}]', "[NaN]"):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(TracklistError, match="is not JSON"):
            list(DjmixDataset(NoConfig()).read(str(tmp_path / "a.json")))
