"""Edits of the user's corrections, beside what the command's tests show."""

from __future__ import annotations

import numpy as np
import pytest

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis, Levels, Phrase, Section
from djtrans.core.track.apply_corrections import CorrectionLayer
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.corrections_file import Import, Recording, Sidecar
from djtrans.core.track.key import Key
from djtrans.pipeline.grid_editing import GridEdit, edited

ANALYSIS = Analysis(
    duration_seconds=64.2,
    grid=BeatGrid(0.1 + np.arange(129) * 0.5, 0, 120.0),
    sections=(Section("intro", 0, 32),),
    phrases=(Phrase(0, 32),),
    key=Key(9, "minor"),
    levels=Levels(-9.0, -8.0),
    bar_level_db=np.zeros(32),
    bar_low_db=np.zeros(32),
)


def empty(**fields):
    recording = Recording(name="a", sha256="1", samples_sha256="2", duration_seconds=64.2)
    return Sidecar(recording=recording, **fields)


def own(edit, before=None, **fields):
    sidecar = empty(own=before or TrackCorrections(), **fields)
    return edited(sidecar, edit, ANALYSIS).own


def test_an_edit_without_changes_is_empty():
    assert GridEdit().is_empty
    assert not GridEdit(removed=("import",)).is_empty
    assert not GridEdit(downbeat_seconds=0.0).is_empty


def test_sections_are_in_bars_of_the_grid_that_the_same_edit_gives():
    edit = GridEdit(anchors=(GridAnchor(0.1, 60.0, 0),), sections=(("drop", 4, 8),))
    (mark,) = own(edit).sections
    assert (mark.start_seconds, mark.end_seconds) == pytest.approx((16.1, 32.1))


def test_sections_replace_those_that_they_overlap():
    before = own(GridEdit(sections=(("intro", 0, 8), ("drop", 8, 16), ("outro", 16, 32))))
    after = own(GridEdit(sections=(("break", 6, 16),)), before)
    assert [mark.label for mark in after.sections] == ["break", "outro"]


def test_octaves_are_those_of_the_grid_with_its_import():
    slow = Import(
        source="djtrans/traktor",
        library="c.nml",
        offset_seconds=0.0,
        corrections=TrackCorrections(anchors=[GridAnchor(0.0, 70.0, 0)]),
    )
    assert own(GridEdit(octaves=1), imported=slow).octave_bpm == 140.0
    library = CorrectionLayer(TrackCorrections(anchors=[GridAnchor(0.0, 80.0, 0)]), "x/y", "z")
    found = edited(empty(imported=slow), GridEdit(octaves=1), ANALYSIS, [library])
    assert found.own.octave_bpm == 160.0


def test_removing_an_import_reveals_the_analysis():
    wrong = Import(
        source="djtrans/traktor",
        library="c.nml",
        offset_seconds=0.0,
        corrections=TrackCorrections(anchors=[GridAnchor(0.0, 70.0, 0)]),
    )
    edit = GridEdit(removed=("import",), octaves=-1)
    found = edited(empty(imported=wrong), edit, ANALYSIS)
    assert found.imported is None
    assert found.own.octave_bpm == 60.0


def test_an_edit_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="at least 4 are needed"):
        edited(empty(), GridEdit(bpm=20.0), _short(ANALYSIS))


def _short(analysis):
    beats = analysis.grid.beat_times[:21]
    return Analysis(
        duration_seconds=10.2,
        grid=BeatGrid(beats, 0, 120.0),
        sections=(Section("intro", 0, 5),),
        phrases=(Phrase(0, 5),),
        key=analysis.key,
        levels=analysis.levels,
        bar_level_db=np.zeros(5),
        bar_low_db=np.zeros(5),
    )
