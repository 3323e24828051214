"""Cue sheets, read line by line and by the reader of tracklists."""

from __future__ import annotations

import re

import pytest

from djtrans.core.contracts.config import NoConfig
from djtrans.core.errors import InputError
from djtrans.core.track.tags import Tags
from djtrans.plugins.tracklists.cue import CueSheet
from djtrans.registry import Registry
from tests.helpers.exports import exported


def indices(path):
    found = re.findall(r"^    INDEX 01 (\d\d+):(\d\d):(\d\d)$", path.read_text(), flags=re.M)
    assert all(int(s) < 60 and int(f) < 75 for _, s, f in found)
    return [60 * int(m) + int(s) + int(f) / 75 for m, s, f in found]


@pytest.mark.parametrize("at", ["start", "swap", "end"])
def test_b_starts_at_the_chosen_point_within_half_a_frame(tmp_path, at):
    inputs, path, _ = exported("cue", tmp_path, {"at": at})
    first, second = indices(path)
    assert first == 0.0
    plan = inputs.plan
    clock = {"start": 0.0, "swap": plan.beat_times[8], "end": plan.beat_times[-1]}
    assert second == pytest.approx(1.3 + clock[at], abs=0.5 / 75)


def test_the_sheet_names_the_audio_and_the_tracks(tmp_path):
    _, path, lines = exported("cue", tmp_path)
    assert path.read_text().splitlines()[:5] == [
        'TITLE "Artist - Title A into Artist - Title B"',
        'FILE "example.wav" WAVE',
        "  TRACK 01 AUDIO",
        '    TITLE "Title A"',
        '    PERFORMER "Artist"',
    ]
    assert any("example.wav" in line for line in lines)
    (tracklist,) = CueSheet(NoConfig()).read(str(path))
    assert tracklist.audio == "example.wav"
    assert [entry.title for entry in tracklist.entries] == ["Title A", "Title B"]


def test_quotes_in_a_title_do_not_end_it(tmp_path):
    _, path, _ = exported("cue", tmp_path, {"audio": "mix.mp3"}, tags=Tags(title='The "A"'))
    assert "    TITLE \"The 'A'\"" in path.read_text().splitlines()
    assert 'FILE "mix.mp3" MP3' in path.read_text().splitlines()


@pytest.mark.parametrize("audio", ["mix.txt", "folder/mix.wav"])
def test_other_files_are_refused_before_the_work(audio):
    with pytest.raises(InputError, match="not the name of an audio file beside"):
        Registry(discover=False).exporters.build("cue", {"audio": audio})
