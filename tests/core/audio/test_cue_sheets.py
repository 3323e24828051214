"""Text of cue sheets."""

from __future__ import annotations

from djtrans.core.audio.cue_sheets import CueTrack, cue_sheet


def test_a_sheet_has_where_tracks_enter_and_begin():
    tracks = [
        CueTrack(title='The "One"', performer="A\nB", seconds=0.0),
        CueTrack(title="Two", seconds=3723.2, enters_seconds=3720.0),
    ]
    lines = cue_sheet("Mix", "mix.mp3", tracks, comment="made").splitlines()
    assert lines[:3] == ['REM COMMENT "made"', 'TITLE "Mix"', 'FILE "mix.mp3" MP3']
    assert "    TITLE \"The 'One'\"" in lines
    assert sum(line.startswith("    PERFORMER") for line in lines) == 1
    # Minutes go beyond 59, and a fifth of a second is 15 frames of 1/75.
    assert lines[-2:] == ["    INDEX 00 62:00:00", "    INDEX 01 62:03:15"]
