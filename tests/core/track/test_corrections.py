"""Corrections: what is in range, in order and within the track."""

from __future__ import annotations

import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.corrections import GridAnchor, SectionMark, TrackCorrections
from djtrans.core.track.cue import Cue


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: TrackCorrections(bpm=19.9), "19.9 BPM is out of range; give 20 to 500"),
        (lambda: TrackCorrections(bpm=float("nan")), "out of range"),
        (lambda: TrackCorrections(octave_bpm=501), "out of range"),
        (lambda: GridAnchor(0.0, bpm=0.0), "out of range"),
        (lambda: GridAnchor(float("inf")), "finite"),
        (lambda: GridAnchor(0.0, beat=-1), "no position in a bar"),
        (lambda: TrackCorrections(anchors=[GridAnchor(1), GridAnchor(1)]), "is not after"),
        (lambda: TrackCorrections(key="Z"), "is no key"),
        (lambda: SectionMark("chorus", 0, 1), "no section label 'chorus'; give intro, groove"),
        (lambda: SectionMark("drop", 1, 1), "has no length"),
        (lambda: TrackCorrections(sections=[SectionMark("drop", 0, 2)] * 2), "overlap"),
    ],
)
def test_what_is_out_of_range_is_refused(make, reason):
    with pytest.raises(InputError, match=reason):
        make()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (TrackCorrections(anchors=[GridAnchor(10.1)]), "The anchor at 0:10.100"),
        (TrackCorrections(anchors=[GridAnchor(-0.1)]), "The anchor at -0:00.100"),
        (TrackCorrections(downbeat_seconds=11), "The downbeat at 0:11.000"),
        (TrackCorrections(cues=[Cue("a", 11)]), "The cue 'a 0:11.000'"),
        (TrackCorrections(cues=[Cue("a", 1, 11)]), "The end of the loop"),
        (TrackCorrections(sections=[SectionMark("drop", -1, 4)]), "The start of the section"),
        (TrackCorrections(sections=[SectionMark("drop", 1, 14)]), "The end of the section"),
    ],
)
def test_times_are_within_the_track(given, what):
    with pytest.raises(InputError) as failure:
        given.check_within(10.0)
    assert str(failure.value).startswith(what)
    assert str(failure.value).endswith("is not within the track; give 0 to 0:10.000.")


def test_times_at_the_ends_are_within_the_track():
    ends = TrackCorrections(
        anchors=[GridAnchor(0.0), GridAnchor(10.0)],
        downbeat_seconds=10.0,
        cues=[Cue("a", 0.0, 10.0)],
        sections=[SectionMark("drop", 0.0, 10.0)],
    )
    ends.check_within(10.0)


def test_only_what_is_given_is_stated():
    assert TrackCorrections().stated == ()
    assert TrackCorrections(bpm=120).stated == ("grid",)
    assert TrackCorrections(downbeat_seconds=0.0).stated == ("downbeats",)
    assert TrackCorrections(key="8A", cues=[Cue("", 1)]).stated == ("key", "cues")


def test_moving_moves_every_time_and_no_tempo():
    given = TrackCorrections(
        bpm=120,
        anchors=[GridAnchor(1.0, 100.0, 2)],
        downbeat_seconds=3.0,
        cues=[Cue("a", 1.0, 2.0)],
        sections=[SectionMark("drop", 1.0, 2.0)],
    )
    assert given.moved(0.5) == TrackCorrections(
        bpm=120,
        anchors=[GridAnchor(1.5, 100.0, 2)],
        downbeat_seconds=3.5,
        cues=[Cue("a", 1.5, 2.5)],
        sections=[SectionMark("drop", 1.5, 2.5)],
    )
