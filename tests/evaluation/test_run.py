"""Comparisons: pairs, shared swap, resuming, failures as rows, and the report."""

from __future__ import annotations

import csv
import io
import shutil

import attrs
import numpy as np
import pytest

import djtrans
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import InputError, PluginError
from djtrans.core.registration.discovery import PluginWarning
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import track_seconds
from djtrans.core.util.progress import Progress
from djtrans.evaluation import (
    EvaluationOptions,
    TrackPair,
    all_pairs,
    compare,
    read_pairs,
    synthesized_pairs,
    write_report,
)
from djtrans.evaluation.plot import plot_techniques
from djtrans.evaluation.report import results_csv
from djtrans.evaluation.shared_swap import on_timeline, plan_around_shared_swap, timeline_shift
from djtrans.pipeline.completion import finish, generate_transition_params
from djtrans.pipeline.options import PreparationOptions
from djtrans.pipeline.preparation import prepare
from djtrans.pipeline.progress import Steps
from djtrans.registry import Registry
from djtrans.synthesis import TrackSpec

pytestmark = pytest.mark.usefixtures("warm_cache")

STRUCTURE = (("intro", 8), ("drop", 8), ("outro", 8))
RATE = 22050
TECHNIQUES = ("bass-swap", "fade", "cut")


def spec(bpm, seed):
    return TrackSpec(bpm=bpm, tonic=9, seed=seed, structure=STRUCTURE, sample_rate_hz=RATE)


PAIR = TrackPair(a=spec(172.0, 1), b=spec(168.0, 2), name="pair")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pair as files with their stems, beside a file that cannot be read."""
    folder = tmp_path_factory.mktemp("tracks")
    for side in ("a", "b"):
        track = djtrans.synthesize(getattr(PAIR, side))
        djtrans.write_audio(folder / f"{side}.wav", track.audio, RATE)
        djtrans.save_stems(track.stems, folder / f"stems-{side}")
    (folder / "broken.wav").write_text("not music")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    output = tmp_path_factory.mktemp("made")
    return compare([PAIR], TECHNIQUES, output=output), output


def test_every_technique_of_a_pair_is_measured_around_one_swap(made):
    comparison, _ = made
    assert comparison.techniques == ("djtrans/bass-swap", "djtrans/fade", "djtrans/cut")
    assert [o.reason for o in comparison.outcomes] == ["", "", ""]
    assert all(o.shared_swap for o in comparison.outcomes)
    assert [o.bars for o in comparison.outcomes] == [16, 8, 2]
    swap, fade, cut = (o.values for o in comparison.outcomes)
    # What sets them apart by construction: two basses only under the crossfade.
    assert swap["bass_overlap_beats"] <= 1
    assert fade["bass_overlap_beats"] > swap["bass_overlap_beats"]
    assert cut["both_audible_beats"] < fade["both_audible_beats"] < swap["both_audible_beats"]
    # Separated once: only the first unit has it among its steps.
    assert ["separate" in o.seconds for o in comparison.outcomes] == [True, False, False]


@pytest.fixture(scope="module")
def prepared(folder):
    stems = Pair("a", "b").map(lambda side: folder / f"stems-{side}")
    options = PreparationOptions(stems=stems, device="cpu")
    return prepare(folder / "a.wav", folder / "b.wav", options)


@pytest.mark.slow
def test_sharing_the_stems_changes_neither_level_nor_timing(prepared):
    """A technique on the anchor's clock is what it would be on its own, within half a sample."""
    places = plan_around_shared_swap(prepared, ["djtrans/bass-swap", "djtrans/cut"])
    anchor, plan = places.plans["djtrans/bass-swap"], places.plans["djtrans/cut"]
    shift = timeline_shift(plan, anchor, RATE)
    assert shift == pytest.approx((anchor.swap_seconds - plan.swap_seconds) * RATE, abs=0.5)
    for one, other in ((plan.a, anchor.a), (plan.b, anchor.b)):
        swaps = [track_seconds(p.warp, q.swap_seconds) for p, q in ((one, plan), (other, anchor))]
        assert swaps[0] == pytest.approx(swaps[1], abs=1e-4)
    span = prepared.span(plan, "1")
    wide = prepared.align(anchor, prepared.span(anchor, "4"))

    def completed(aligned):
        content = generate_transition_params(prepared, plan, span, aligned)
        return finish(prepared.mixer, content, aligned, prepared.device, Steps())

    shared = completed(wide.map(lambda track: on_timeline(track, shift)))
    own = completed(prepared.align(plan, span))
    assert shared.audio.shape == own.audio.shape
    # A is not stretched: the same audio but for the half sample.
    error = (shared.rendered.a - own.rendered.a).square().mean()
    assert 10 * np.log10(float(error / own.rendered.a.square().mean())) < -20
    mine, its = shared.metrics().values(), own.metrics().values()
    assert mine["bass_overlap_beats"] == its["bass_overlap_beats"]
    assert mine["loudness_dip_lu"] == pytest.approx(its["loudness_dip_lu"], abs=0.2)


def test_an_end_that_is_looped_or_braked_is_aligned_by_itself(prepared):
    names = [f"djtrans/{name}" for name in ("loop-out", "brake", "cut")]
    plans = plan_around_shared_swap(prepared, names).plans
    # The loop is longer, but its position in A is not where the others swap.
    assert list(plans) == ["djtrans/cut", "djtrans/loop-out", "djtrans/brake"]
    cut = plans["djtrans/cut"]
    assert timeline_shift(plans["djtrans/brake"], cut, RATE) is None
    assert timeline_shift(cut, plans["djtrans/brake"], RATE) is None
    alone = plan_around_shared_swap(prepared, ["djtrans/brake"])
    assert timeline_shift(alone.anchor, alone.anchor, RATE) == 0


@pytest.mark.slow
def test_a_brake_is_evaluated_alone_and_beside_others(tmp_path):
    for folder, names in (("alone", ("brake",)), ("both", ("cut", "brake"))):
        *_, brake = compare([PAIR], names, output=tmp_path / folder).outcomes
        assert (brake.reason, brake.technique) == ("", "djtrans/brake")


def test_clocks_that_lay_the_tracks_otherwise_are_not_shared(prepared):
    plans = plan_around_shared_swap(prepared, ["djtrans/bass-swap", "djtrans/cut"]).plans
    anchor, plan = plans["djtrans/bass-swap"], plans["djtrans/cut"]
    louder = attrs.evolve(plan, b=attrs.evolve(plan.b, gain_db=plan.b.gain_db + 1))
    bent = tuple((clock, track * 1.001) for clock, track in plan.b.warp)
    assert timeline_shift(louder, anchor, RATE) is None
    # A gain that is eased alike is shared, at the same time of the tracks.
    shift = timeline_shift(plan, anchor, RATE)
    ease = GainEase(start=40.0, stop=72.0, gain_db=0.0, bars=16)
    later = attrs.evolve(ease, start=40.0 + shift / RATE, stop=72.0 + shift / RATE)
    eased = attrs.evolve(plan, b=attrs.evolve(plan.b, gain_ease=ease))
    for other, shared in ((later, True), (attrs.evolve(later, start=41.0), False), (None, False)):
        against = attrs.evolve(anchor, b=attrs.evolve(anchor.b, gain_ease=other))
        assert (timeline_shift(eased, against, RATE) == shift) == shared
    assert (
        timeline_shift(attrs.evolve(plan, b=attrs.evolve(plan.b, warp=bent)), anchor, RATE) is None
    )


def test_lengths_come_as_near_as_a_technique_allows(prepared):
    plans = plan_around_shared_swap(prepared, [f"djtrans/{t}" for t in TECHNIQUES], bars=4).plans
    lengths = {name.removeprefix("djtrans/"): plan.bars for name, plan in plans.items()}
    assert lengths == {"bass-swap": 8, "fade": 4, "cut": 2}


def test_a_run_that_was_stopped_goes_on_and_gives_the_same_table(made, tmp_path):
    """A killed run leaves whole files of what was done: here, all but the last unit."""
    comparison, output = made
    shutil.copytree(output / "units", tmp_path / "units")
    (cut,) = (tmp_path / "units").glob("*cut*")
    cut.unlink()
    finished = {p: p.stat().st_mtime_ns for p in (tmp_path / "units").iterdir()}
    assert len(finished) == 2
    events = []
    again = compare([PAIR], TECHNIQUES, output=tmp_path, progress=events.append)
    counts = {"resumed": 2, "failed": 0}
    message = "2 from an earlier run"
    assert events == [
        Progress("units", 2, 3, message, counts),
        Progress("units", 3, 3, message, counts),
    ]
    assert all(path.stat().st_mtime_ns == at for path, at in finished.items())
    assert cut.exists()
    assert results_csv(again) == results_csv(comparison)


def test_a_damaged_result_is_named_and_measured_again(made, tmp_path):
    shutil.copytree(made[1] / "units", tmp_path / "units")
    (path,) = (tmp_path / "units").glob("*cut*")
    path.write_text(path.read_text()[:40])
    with pytest.warns(UserWarning, match=rf"{path.name} is damaged: .* It is measured again"):
        again = compare([PAIR], TECHNIQUES, output=tmp_path)
    assert results_csv(again) == results_csv(made[0])
    assert len(list((tmp_path / "units").iterdir())) == 3


@pytest.mark.filterwarnings("ignore:.* are measured again:UserWarning")
def test_another_question_is_another_result(made, tmp_path):
    """What a result depends on is in its file's name: nothing stale is taken for an answer."""
    shutil.copytree(made[1] / "units", tmp_path / "units")

    class Stopped(Exception):
        pass

    def before(pairs, techniques, **options):
        def stop(event):
            raise Stopped(event.metrics["resumed"])

        with pytest.raises(Stopped) as caught:
            compare(
                pairs,
                techniques,
                output=tmp_path,
                options=EvaluationOptions(**options),
                progress=stop,
            )
        return caught.value.args[0]

    assert before([PAIR], TECHNIQUES) == 3
    assert before([PAIR], TECHNIQUES[:2]) == 0, "the swap is that of the longest of them"
    assert before([PAIR], TECHNIQUES, bars=8) == 0
    assert before([attrs.evolve(PAIR, a=spec(172.1, 1))], TECHNIQUES) == 0


class Broken:
    def __init__(self, config):
        pass

    def generate(self, request):
        raise ZeroDivisionError("no such curve")


class BrokenPlugin:
    @staticmethod
    @djtrans.hookimpl
    def djtrans_techniques():
        yield TechniqueDeclaration(
            name="broken", summary="Fails.", factory=Broken, bars=(2, 2, 2), swap_at=0.5
        )
        yield TechniqueDeclaration(
            name="endless", summary="Never fits.", factory=Broken, bars=(64, 64, 64), swap_at=0.5
        )


@pytest.mark.slow
def test_what_fails_becomes_a_row_and_the_others_go_on(folder, tmp_path):
    registry = Registry(environ={}, discover=False)
    registry.register(BrokenPlugin, "acme")
    missing = TrackPair(a=str(folder / "a.wav"), b=str(folder / "nothing.wav"))
    comparison = compare(
        [missing, PAIR],
        ["acme/broken", "acme/endless", "cut"],
        output=tmp_path,
        registry=registry,
    )
    reasons = {(o.pair, o.technique): o.reason for o in comparison.outcomes}
    assert len(reasons) == 6
    for name in ("acme/broken", "acme/endless", "djtrans/cut"):
        assert "nothing.wav does not exist" in reasons["a to nothing", name]
    assert reasons["pair", "acme/broken"] == (
        "The technique acme/broken of (run time) failed with ZeroDivisionError: no such curve; "
        "report it to its author, or use another."
    )
    assert "64 bars" in reasons["pair", "acme/endless"]
    assert reasons["pair", "djtrans/cut"] == ""
    text = write_report(comparison, tmp_path)[2].read_text()
    assert f"| pair | acme/broken | {reasons['pair', 'acme/broken']} |" in text


def test_the_summary_holds_the_medians_of_the_results(made, tmp_path):
    comparison, _ = made

    def louder(outcome, factor):
        values = {name: v if v is None else factor * v for name, v in outcome.values.items()}
        return attrs.evolve(outcome, pair=f"pair {factor}", values=values)

    outcomes = [louder(o, factor) for factor in range(1, 6) for o in comparison.outcomes]
    many = attrs.evolve(comparison, outcomes=outcomes, skipped=(("x.mp3", "cannot be read"),))
    names = [path.name for path in write_report(many, tmp_path)]
    assert names == ["results.csv", "summary.csv", "summary.md", "comparison.png"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "results.csv").read_text())))
    assert len(rows) == 15
    fade = [float(r["loudness_dip_lu"]) for r in rows if r["technique"] == "fade"]
    summary = csv.DictReader(io.StringIO((tmp_path / "summary.csv").read_text()))
    cells = {(r["technique"], r["metric"]): r for r in summary}
    cell = cells["fade", "loudness_dip_lu"]
    assert float(cell["median"]) == pytest.approx(np.median(fade))
    assert cell["n"] == "5"
    assert cell["median against fade"] == "0.0"
    text = (tmp_path / "summary.md").read_text()
    assert "5 pairs, 3 techniques" in text
    assert "| x.mp3 | – | cannot be read |" in text
    assert (tmp_path / "comparison.png").stat().st_size > 10_000


def test_the_old_name_of_a_pair_of_tracks_is_deprecated():
    import djtrans.evaluation

    with pytest.warns(DeprecationWarning, match="now named TrackPair"):
        assert djtrans.evaluation.Pair is TrackPair
    with pytest.raises(AttributeError, match="Pairs"):
        _ = djtrans.evaluation.Pairs


def test_synthesized_pairs_are_the_same_for_a_seed_and_within_the_limit():
    pairs = synthesized_pairs(30, seed=4, stretch_limit=0.05)
    assert pairs[:3] == synthesized_pairs(3, seed=4, stretch_limit=0.05)
    assert pairs[0] != synthesized_pairs(1, seed=5, stretch_limit=0.05)[0]
    changes = np.array([p.b.bpm / p.a.bpm - 1 for p in pairs])
    assert np.abs(changes).max() <= 0.05
    assert np.abs(changes).max() > 0.03
    assert len({p.label for p in pairs}) == 30
    assert {t.drums for p in pairs for t in (p.a, p.b)} == {"four-on-the-floor", "broken"}
    steps = [(p.b.tonic - p.a.tonic) % 12 for p in pairs]
    assert sum(step in (0, 5, 7) for step in steps) >= 10
    assert len(set(steps)) > 4
    assert len({p.a.seed for p in pairs} | {p.b.seed for p in pairs}) == 60


def test_pairs_are_read_with_paths_from_the_files_folder(tmp_path):
    table = tmp_path / "pairs.csv"
    table.write_text(
        "a,b,technique,cue_a,stems_b\nx.wav,sub/y.wav,,12.5,\nx.wav,sub/y.wav,cut,,stems\n"
    )
    first, second = read_pairs(table)
    assert first == TrackPair(
        a=str(tmp_path / "x.wav"), b=str(tmp_path / "sub/y.wav"), cue_a=12.5, name="x to y"
    )
    assert (second.label, second.technique) == ("x to y (2)", "cut")
    assert second.stems_b == str(tmp_path / "stems")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("b\ny.wav\n", "no column 'a'"),
        ("a,b,cue\nx,y,1\n", "column 'cue'.*Did you mean"),
        ("a,b\n", "lists no pairs"),
        ("a,b\nx.wav,\n", "line 2: b is empty"),
        ("a,b,cue_b\nx,y,\nx,y,soon\n", "line 3: cue_b: 'soon' is no time"),
    ],
)
def test_invalid_lists_of_pairs_are_reported_on_one_line(tmp_path, text, match):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(InputError, match=match) as caught:
        read_pairs(tmp_path / "pairs.csv")
    assert "\n" not in str(caught.value)


def test_all_pairs_of_a_folder_are_ordered_and_within_the_limit(folder):
    pairs, skipped = all_pairs(folder, stretch_limit=0.05)
    assert [p.label for p in pairs] == ["a to b", "b to a"]
    assert [name for name, _ in skipped] == ["broken.wav"]
    assert {round(x.grid.bpm) for x in pairs[0].analyses.values()} == {172, 168}
    with pytest.raises(InputError, match=r"No two of the 3 tracks .* within 1 %"):
        all_pairs(folder, stretch_limit=0.01)
    with pytest.raises(InputError, match="is not a folder"):
        all_pairs(folder / "nothing")


def test_files_of_one_recording_are_one_track(folder, tmp_path):
    for name in ("a", "b"):
        shutil.copy(folder / f"{name}.wav", tmp_path)
    audio, rate = djtrans.load_audio(folder / "a.wav")
    djtrans.write_audio(tmp_path / "a again.mp3", 0.5 * audio, rate)
    pairs, skipped = all_pairs(tmp_path)
    assert [pair.label for pair in pairs] == ["a to b", "b to a"]
    assert skipped == (("a again.mp3", "It is the same recording as a.wav."),)


def test_wrong_requests_are_refused_before_the_work(tmp_path):
    with pytest.raises(InputError, match="workers = 0"):
        compare([PAIR], output=tmp_path, workers=0)
    with pytest.raises(InputError, match="cannot share a registry"):
        compare([PAIR], output=tmp_path, workers=2, registry=Registry(discover=False, environ={}))
    with pytest.raises(InputError, match="Several pairs are named 'pair'"):
        compare([PAIR, PAIR], output=tmp_path)
    with pytest.raises(PluginError, match="Did you mean 'bass-swap'"):
        compare([PAIR], ["bas-swap"], output=tmp_path)
    with pytest.raises(InputError, match="give 1 or more"):
        synthesized_pairs(0)
    assert not (tmp_path / "units").exists()


@pytest.mark.slow
def test_workers_give_the_same_table_as_one_process(made, tmp_path):
    comparison, _ = made
    two = compare([PAIR], TECHNIQUES, output=tmp_path, workers=2)
    assert results_csv(two) == results_csv(comparison)


class LevelOfA:
    def __init__(self, config):
        pass

    def measure(self, inputs):
        return {"rms_of_a": float(inputs.a.std())}


class Faulty(LevelOfA):
    def measure(self, inputs):
        raise ZeroDivisionError("no such level")


class MetricPlugin:
    @staticmethod
    @djtrans.hookimpl
    def djtrans_metrics():
        for name, factory in (("rms_of_a", LevelOfA), ("fault_db", Faulty)):
            yield djtrans.MetricDeclaration(
                name=name.replace("_", "-"),
                summary="A test.",
                factory=factory,
                values=[
                    djtrans.MetricValue(name=name, unit="1", better="lower", summary="A test.")
                ],
            )


@pytest.mark.slow
def test_a_metric_of_a_plugin_is_in_every_table_as_the_builtin_ones_are(tmp_path):
    registry = Registry(discover=False, environ={})
    registry.register(MetricPlugin(), "lab")
    with pytest.warns(PluginWarning, match="lab/fault-db") as warned:
        comparison = compare([PAIR], ("cut",), output=tmp_path, registry=registry)
    assert len(warned) == 1
    (outcome,) = comparison.outcomes
    assert outcome.reason == ""
    assert 0 < outcome.values["lab/rms_of_a"] < 2
    assert outcome.values["lab/fault_db"] is None
    assert outcome.why["lab/fault-db"] == "ZeroDivisionError: no such level"
    names = [path.name for path in write_report(comparison, tmp_path)]
    assert names == ["results.csv", "summary.csv", "summary.md", "comparison.png"]
    rows = list(csv.DictReader(io.StringIO(results_csv(comparison))))
    assert [float(row["lab/rms_of_a"]) for row in rows] == pytest.approx(
        [outcome.values["lab/rms_of_a"]], rel=1e-3
    )
    summary = list(csv.DictReader((tmp_path / "summary.csv").read_text().splitlines()))
    assert {row["better"] for row in summary if row["metric"] == "lab/rms_of_a"} == {"lower"}
    assert "lab/rms_of_a ↓ (1)" in (tmp_path / "summary.md").read_text()
    panels = [axes.get_title(loc="left") for axes in plot_techniques(comparison).axes]
    assert "lab/rms of a" in panels
