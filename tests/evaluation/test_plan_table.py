"""Plans in numbers, from analyses whose levels are known."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import djtrans
from djtrans.core.errors import FormatError, InputError
from djtrans.evaluation import PlanRow, plan_pairs, read_plans, write_plans
from djtrans.evaluation.plan_report import plans_markdown, worst
from djtrans.evaluation.plan_table import TERMS, _level, plans_csv

STRUCTURE = (("intro", 16), ("drop", 32), ("outro", 16))


@pytest.fixture(scope="module")
def analyses():
    song = djtrans.synthesize(djtrans.TrackSpec(bpm=126, structure=STRUCTURE))
    analysis = djtrans.analyze_track(djtrans.Track(song.audio, song.sample_rate))
    flat = attrs.evolve(
        analysis,
        bar_loudness_db=np.full(len(analysis.bar_loudness_db), -10.0),
        bar_low_db=np.full(len(analysis.bar_low_db), -14.0),
    )
    louder = attrs.evolve(flat, bar_loudness_db=flat.bar_loudness_db + 4.0)
    return {"flat": flat, "louder": louder, "again": flat}


@pytest.fixture(scope="module")
def plans(analyses):
    return plan_pairs(analyses)


def terms(**changed):
    return dict.fromkeys(TERMS, 0.0) | changed


def row(pair="x to y", technique="djtrans/cut", **changed):
    return PlanRow(pair=pair, technique=technique, bars=8, confidence=0.5, terms=terms(**changed))


def test_every_ordered_pair_is_planned(plans):
    assert sorted(plans) == sorted(
        f"{a} to {b}"
        for a in ("flat", "louder", "again")
        for b in ("flat", "louder", "again")
        if a != b
    )
    assert all(plan is not None for _, plan in plans.values())


def test_the_terms_are_those_of_the_levels(plans):
    drops = {name: row.terms["level_drop_db"] for name, (row, _) in plans.items()}
    assert drops["flat to again"] == pytest.approx(0.0, abs=1e-3)
    assert drops["louder to flat"] == pytest.approx(4.0, abs=1e-3)
    assert drops["flat to louder"] == pytest.approx(-4.0, abs=1e-3)
    found, plan = plans["flat to again"]
    assert found.terms["bass_drop_db"] == pytest.approx(0.0, abs=1e-3)
    assert found.terms["skipped_b_seconds"] == pytest.approx(plan.b.cue_seconds, abs=0.05)


def test_the_risk_is_the_excess_over_the_limits():
    assert row().risk == 0.0
    assert row(level_drop_db=3.0).risk == 0.0
    assert row(level_drop_db=9.0, unplayed_a_seconds=67.5).risk == pytest.approx(2.5)
    none = PlanRow(pair="x to z", reason="too short")
    assert none.risk == 0.0
    ranked = worst([row("fine"), row("bad", gain_db=12.0), row("worse", gain_db=18.0), none])
    assert [r.pair for r in ranked] == ["x to z", "worse", "bad"]


def test_a_table_reads_back_as_it_was_written(plans, tmp_path):
    rows = [row for row, _ in plans.values()] + [PlanRow(pair="x to z", reason="too short")]
    (tmp_path / "plans.csv").write_text(plans_csv(rows))
    assert read_plans(tmp_path / "plans.csv") == tuple(rows)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "plans.csv").write_text(text)
    with pytest.raises(FormatError, match="not the columns of a table of plans"):
        read_plans(tmp_path / "plans.csv")
    with pytest.raises(FormatError, match="Cannot read"):
        read_plans(tmp_path / "none.csv")


def test_a_damaged_table_is_refused_by_its_line(tmp_path):
    text = plans_csv([row("one"), row("two")]).replace("two,djtrans/cut,8", "two,djtrans/cut,eight")
    (tmp_path / "plans.csv").write_text(text)
    with pytest.raises(FormatError, match=r"line 3: .*eight"):
        read_plans(tmp_path / "plans.csv")


def test_changes_are_listed_by_the_term_that_changed():
    before = [row("one", level_drop_db=12.0), row("two"), row("same")]
    now = [
        attrs.evolve(row("one"), technique="djtrans/fade"),
        attrs.evolve(row("two", skipped_b_seconds=90.0), bars=16),
        row("same"),
    ]
    text = plans_markdown(now, before)
    assert "2 of 3 plans changed: 1 have a lower risk, 1 a higher one." in text
    assert "| one | cut 8 | fade 8 | 3.00 to 0.00 | level_drop_db 12 to 0 |" in text
    assert "| two | cut 8 | cut 16 | 0.00 to 1.00 | skipped_b_seconds 0 to 90 |" in text


@pytest.mark.slow
def test_the_report_has_tables_and_pictures_of_the_worst(plans, analyses, tmp_path):
    raised = {
        name: (attrs.evolve(row, terms=row.terms | {"gain_db": 9.0 + index}), plan)
        for index, (name, (row, plan)) in enumerate(plans.items())
    }
    written = write_plans(raised, analyses, tmp_path / "out")
    names = [path.name for path in written]
    assert names == ["plans.csv", "plans.md", *(f"worst_{i:02d}.png" for i in range(1, 7))]
    assert all(path.stat().st_size > 100 for path in written)
    write_plans(raised, analyses, tmp_path / "out", [row for row, _ in raised.values()])
    assert "0 of 6 plans changed" in (tmp_path / "out/plans.md").read_text()


def test_files_of_another_origin_are_kept(plans, analyses, tmp_path):
    (tmp_path / "plans.csv").write_text("mine")
    with pytest.raises(InputError, match="was not written by djtrans"):
        write_plans(plans, analyses, tmp_path)
    assert (tmp_path / "plans.csv").read_text() == "mine"
    with pytest.raises(InputError, match="none of these pairs"):
        write_plans(plans, analyses, tmp_path / "new", [row("x to y")])


def test_only_bars_before_the_swap_count_before_it(analyses):
    """A swap on the fourth bar: the loud bars after it are no part of the level before."""
    track = analyses["flat"]
    levels = np.full(len(track.bar_level_db), -10.0)
    levels[:4] = -30.0
    seconds = float(track.grid.downbeat_times[4])
    assert _level(track, levels, seconds, before=True) == pytest.approx(-30.0, abs=1e-3)
    assert _level(track, levels, seconds) == pytest.approx(-10.0, abs=1e-3)
