"""The whole job on synthesized tracks, whose grids, stems and keys are known."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
import torch

import djtrans
from djtrans.core.errors import (
    FormatError,
    InputError,
    LayoutError,
    PlanError,
    UnknownComponentError,
)
from djtrans.core.transition.plan import clock_seconds
from djtrans.pipeline.silence import SilenceWarning
from djtrans.plugins.analyzers.constant_grid import ConstantGridAnalyzer
from djtrans.registry import Registry
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

STRUCTURE = (("intro", 8), ("drop", 16), ("outro", 8))
RATE = 22050


@pytest.fixture(scope="module")
def truth():
    specs = (
        TrackSpec(bpm=126.0, tonic=9, seed=1, structure=STRUCTURE, sample_rate_hz=RATE),
        TrackSpec(bpm=123.0, tonic=4, seed=2, structure=STRUCTURE, sample_rate_hz=RATE),
    )
    return [synthesize(spec) for spec in specs]


@pytest.fixture(scope="module")
def files(truth, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    paths = [folder / "a.wav", folder / "b.flac"]
    for path, track in zip(paths, truth, strict=True):
        djtrans.write_audio(path, track.audio, RATE)
        djtrans.save_stems(track.stems, folder / path.stem)
    return paths


@pytest.fixture(scope="module")
def made(files):
    return djtrans.generate(
        *files, technique="bass-swap", bars=8, context=4, device="cpu", model=None
    )


def test_the_beats_of_both_tracks_meet(truth, made):
    """True beats of both tracks, laid on the clock by the plan, fall on its beats."""
    for track, side in zip(truth, (made.plan.a, made.plan.b), strict=True):
        clock = np.asarray(made.plan.beat_times)
        laid = np.array([clock_seconds(side.warp, t) for t in track.grid.beat_times])
        nearest = np.abs(laid[:, None] - clock[None]).min(axis=0)
        assert nearest.max() < 0.010


def test_the_swap_lies_on_true_phrase_lines(truth, made):
    """The swap is a bar line of the true grid, and one where a true section starts."""
    for track, side in zip(truth, (made.plan.a, made.plan.b), strict=True):
        starts = [track.grid.time_of_bar(section.start_bar) for section in track.sections]
        swap = min(starts, key=lambda t: abs(clock_seconds(side.warp, t) - made.plan.swap_seconds))
        assert clock_seconds(side.warp, swap) == pytest.approx(made.plan.swap_seconds, abs=0.01)
        assert side.swap_on_phrase


def test_the_audio_is_what_it_says(made):
    start, end = made.window_seconds
    bar = 4 * 60 / 126
    assert start == pytest.approx(4 * bar, abs=0.01)
    assert end - start == pytest.approx(8 * bar, abs=0.01)
    assert (
        made.audio.shape == (2, round((end + 4 * bar) * RATE))
        or abs(made.audio.shape[1] / RATE - end - 4 * bar) < 0.01
    )
    assert made.audio.dtype == torch.float32
    assert torch.allclose(made.rendered.a + made.rendered.b, made.audio, atol=1e-6)
    assert float(made.audio.abs().max()) < 1.0


def test_the_context_is_the_untouched_track(made):
    """Before the window A, after it B, each within -90 dB but for what still rings."""
    start, end = (round(t * RATE) for t in made.window_seconds)
    r = made.rendered
    for contribution, solo, part in (
        (r.a, r.solo_a, slice(0, start)),
        (r.b, r.solo_b, slice(end, None)),
    ):
        error = (contribution[:, part] - solo[:, part]).square().mean()
        assert 10 * torch.log10(error / solo[:, part].square().mean() + 1e-30) < -90
    # Silent is silent: exactly, but for what the STFT's window spreads of the first rise.
    window = 2048
    assert float(r.b[:, : start - window].abs().max()) == 0.0
    assert float(r.b[:, :start].abs().max()) < 1e-3
    assert float(r.a[:, end:].abs().max()) == 0.0


def test_it_measures_well(made):
    metrics = made.metrics()
    assert metrics.peaks.clipped_samples == 0
    assert metrics.peaks.true_peak_db <= -0.99
    assert metrics.bass_overlap.beats <= 1
    assert metrics.beat_offset.p95_ms is None or metrics.beat_offset.p95_ms < 15


def test_the_same_again_from_the_params_file_and_from_the_same_seed(files, made, tmp_path):
    made.save_params(tmp_path / "p.json")
    again = djtrans.render(tmp_path / "p.json", *files, device="cpu")
    assert torch.equal(again.audio, made.audio)
    assert again.plan == made.plan
    twice = djtrans.generate(
        *files, technique="bass-swap", bars=8, context=4, device="cpu", model=None
    )
    assert torch.equal(twice.audio, made.audio)
    with pytest.raises(FormatError, match=r"Track A, b.flac, is not the file"):
        djtrans.render(tmp_path / "p.json", *files[::-1])


@pytest.mark.slow
@pytest.mark.parametrize(("technique", "bars"), [("loop-out", 4), ("brake", 2)])
def test_a_looped_or_braked_end_is_in_the_stems_and_the_params_file(
    files, tmp_path, technique, bars
):
    stems = {f"stems_{name}": files[0].parent / name for name in "ab"}
    made = djtrans.generate(
        *files, technique=technique, bars=bars, context=1, device="cpu", **stems
    )
    segments, start = made.plan.a.playback, made.rendered.span.start
    assert segments[-1].stop == pytest.approx(made.plan.swap_seconds)
    first, swap = (round(t * RATE) - start for t in (segments[0].start, segments[-1].stop))
    assert float(made.rendered.solo_a[:, swap:].abs().max()) == 0.0
    if technique == "loop-out":
        source = round(segments[0].position * RATE) - start
        length = round((segments[0].stop - segments[0].start) * RATE) - 1000
        solo = made.rendered.solo_a
        assert torch.equal(solo[:, first : first + length], solo[:, source : source + length])
    error = made.a.stems.mix - made.a.solo(made.a.stems_span)
    assert float(error.abs().max()) < 1e-6
    made.save_params(tmp_path / "p.json")
    again = djtrans.render(tmp_path / "p.json", *files, device="cpu")
    assert torch.equal(again.audio, made.audio)
    assert made.metrics().peaks.clipped_samples == 0


def test_a_result_does_not_replace_a_track(files, made, tmp_path):
    copy = tmp_path / "copy.wav"
    copy.write_bytes(files[0].read_bytes())
    for write in (made.save, made.save_params):
        with pytest.raises(djtrans.DjtransError, match="it is track A of this transition"):
            write(copy)
    assert copy.read_bytes() == files[0].read_bytes()


def test_without_context_the_window_alone_is_the_same_audio(files, made):
    alone = djtrans.generate(
        *files, technique="bass-swap", bars=8, context=0, device="cpu", model=None
    )
    start, end = (round(t * RATE) for t in made.window_seconds)
    assert alone.audio.shape[1] == end - start
    gain = 10 ** ((alone.rendered.trim_db - made.rendered.trim_db) / 20)
    part = made.audio[:, start:end] * gain
    assert float((alone.audio - part).abs().max()) < 1e-4


def test_full_runs_from_the_first_sample_of_a_to_the_last_of_b(files, truth):
    full = djtrans.generate(*files, technique="cut", full=True, device="cpu")
    plan = full.plan
    before = plan.a.cue_seconds
    after = clock_seconds(plan.b.warp, truth[1].audio.shape[1] / RATE)
    assert full.audio.shape[1] / RATE == pytest.approx(before + after, abs=0.01)


@pytest.mark.slow
def test_ready_stems_are_used_without_a_seam(files, truth, made):
    folder = files[0].parent
    ready = djtrans.generate(
        *files,
        technique="bass-swap",
        bars=8,
        context=1,
        device="cpu",
        stems_a=folder / "a",
        stems_b=folder / "b",
    )
    assert ready.plan == made.plan
    names = {t.separator.name for t in ready.provenance.tracks.values()}
    assert names == {"djtrans/folder"}
    start, _ = (round(t * RATE) for t in ready.window_seconds)
    r = ready.rendered
    jump = (r.a - r.solo_a)[:, :start].abs().max()
    assert float(jump) < 1e-4
    with pytest.raises(InputError, match="stems_a and stems_b"):
        djtrans.generate(*files, separator="folder")


def test_tempos_out_of_reach_get_an_echo_and_the_plan_says_why(files):
    echo = djtrans.generate(*files, stretch_limit=0.01, context=1, device="cpu")
    assert echo.plan.technique == "djtrans/echo-out"
    assert "more than the stretch limit of 1 %" in echo.plan.rejected[0]
    assert echo.plan.b.stretch_percent == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(PlanError, match="stretch limit"):
        djtrans.generate(*files, technique="bass-swap", stretch_limit=0.01)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"bars": 0}, "bars = 0 is not allowed"),
        ({"bars": 3}, "give 1, 2"),
        ({"bars": 4, "duration": 8.0}, "give one of them"),
        ({"duration": -1.0}, "give more than 0"),
        ({"context": "8 beats"}, "give bars, such as 8, or seconds, such as 8s"),
        ({"device": "cuda:99"}, "not available"),
        ({"technique": "bas-swap"}, "Did you mean 'bass-swap'"),
        ({"stretch_limit": 2.0}, "give 0 to 0.5"),
    ],
)
def test_wrong_options_are_said_in_one_line(files, options, match):
    with pytest.raises(djtrans.DjtransError, match=match) as caught:
        djtrans.generate(*files, **options)
    assert "\n" not in str(caught.value)


def test_a_technique_is_refused_by_a_mixer_that_lacks_what_it_needs(files):
    spec = djtrans.resolve_spec("dj54")
    flat = attrs.evolve(spec, stem_chain=tuple(n for n in spec.stem_chain if n.id != "eq"))
    with pytest.raises(LayoutError, match=r"bass-swap needs parameters 'a/\*/eq/low'"):
        djtrans.generate(*files, technique="bass-swap", model=None, mixer=flat)
    other = djtrans.generate(
        *files, technique="cut", model=None, mixer=flat, context=0, device="cpu"
    )
    assert len(other.params.layout) == 54 - 24


@pytest.mark.slow
def test_a_technique_that_needs_single_stems_wants_a_separator_that_isolates_them(files):
    registry = Registry(environ={}, discover=False)
    fade = registry.techniques.find("fade").declaration
    alone = attrs.evolve(fade, needs_isolation=True)
    with registry.override("technique", "fade", alone):
        with pytest.raises(PlanError, match=r"djtrans/spectral isolates those of A too weakly"):
            djtrans.generate(*files, technique="fade", registry=registry)
        stems = {f"stems_{side}": files[0].parent / side for side in "ab"}
        made = djtrans.generate(
            *files, technique="fade", context=0, device="cpu", registry=registry, **stems
        )
    assert made.plan.technique == "djtrans/fade"


def test_a_removed_plugin_is_named_when_its_params_file_is_rendered(files, tmp_path):
    registry = Registry(environ={}, discover=False)
    plugin = tmp_path / "acme.py"
    plugin.write_text(
        "from djtrans import hookimpl\n"
        "from djtrans.plugins import effects\n"
        "@hookimpl\n"
        "def djtrans_effects():\n"
        "    return [d for d in effects.djtrans_effects() if d.name == 'reverb']\n"
    )
    registry.register_file(plugin)
    spec = djtrans.resolve_spec("dj54", registry).replace_node("reverb", "acme/reverb")
    made = djtrans.generate(
        *files, technique="cut", mixer=spec, context=0, device="cpu", registry=registry
    )
    made.save_params(tmp_path / "p.json")
    again = djtrans.render(tmp_path / "p.json", *files, device="cpu", registry=registry)
    assert torch.equal(again.audio, made.audio)
    with pytest.raises(djtrans.DjtransError, match=r"'acme/reverb'. Install the package"):
        djtrans.render(tmp_path / "p.json", *files, device="cpu")


def test_the_plot_of_a_transition_draws(made, tmp_path):
    from djtrans.plot import save_figure

    save_figure(made.plot(), tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 10_000


def test_settings_are_used_kept_in_the_params_file_and_used_again(files, made, tmp_path):
    settings = {
        "reverb.decay_seconds": 2.5,
        "eq.order": 8,
        "separator.bass_top_hz": 200,
        "technique.entry_gain": 0.6,
    }
    options = {"technique": "bass-swap", "bars": 8, "context": 0, "device": "cpu", "model": None}
    transition = djtrans.generate(*files, **options, settings=settings)
    # Frame 16 lies two bars in: B has come in, and has not taken over yet.
    assert float(transition.params.row("b/drums/fader/gain")[16]) == pytest.approx(0.6)
    assert float(made.params.row("b/drums/fader/gain")[16]) == pytest.approx(0.9)
    recorded = transition.provenance
    assert recorded.technique.config["entry_gain"] == 0.6
    assert {t.separator.config["bass_top_hz"] for t in recorded.tracks.values()} == {200.0}
    mixer = recorded.mixer.spec
    assert mixer == djtrans.resolve_spec("dj54").configured(
        {"reverb.decay_seconds": 2.5, "eq.order": 8}
    )
    transition.save_params(tmp_path / "p.json")
    again = djtrans.render(tmp_path / "p.json", *files, device="cpu")
    assert torch.equal(again.audio, transition.audio)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"settings": {"technique.entry_gain": 0.5}}, "chosen later .auto.; name it"),
        (
            {"technique": "bass-swap", "settings": {"technique.entry_gain": 2}},
            "technique djtrans/bass-swap: .*entry_gain = 2.0 is out of range; give 0.1 to 1",
        ),
        (
            {"settings": {"separator.bass": 2}},
            r"no field bass; .* of spectral \(kick_top_hz, bass_",
        ),
        (
            {"settings": {"separator.bass_top_hz": 99}, "stems_a": "x", "stems_b": "y"},
            "both tracks have ready stems",
        ),
        ({"settings": {"seperator.bass_top_hz": 99}}, "no node 'seperator'"),
    ],
)
def test_wrong_settings_are_said_before_a_file_is_read(options, match):
    with pytest.raises(InputError, match=match):
        djtrans.generate("none.wav", "none.wav", **options)


class Recorded(ConstantGridAnalyzer):
    """The default analyzer under another name, which notes that it was asked."""

    asked = 0

    def __init__(self, config):
        super().__init__()

    def analyze(self, audio, sample_rate, progress=None):
        Recorded.asked += 1
        return super().analyze(audio, sample_rate, progress)


def test_both_tracks_are_analyzed_by_the_analyzer_that_is_named(files, made):
    registry = Registry()
    declared = registry.analyzers.find("librosa").declaration
    options = {"technique": "bass-swap", "bars": 8, "context": 4, "device": "cpu", "model": None}
    with registry.override("analyzer", "librosa", attrs.evolve(declared, factory=Recorded)):
        again = djtrans.generate(*files, analyzer="librosa", registry=registry, **options)
    assert Recorded.asked == 2
    assert torch.equal(again.audio, made.audio)
    with pytest.raises(UnknownComponentError, match="Did you mean 'librosa'"):
        djtrans.generate("none.wav", "none.wav", analyzer="librose")


class Mute:
    """Turns every fader down for the whole window."""

    def __init__(self, config):
        pass

    def generate(self, request):
        sheet = djtrans.CurveSheet(request)
        sheet.line("*/fader/gain", [(0, 0)])
        return sheet.values

    @djtrans.hookimpl
    def djtrans_techniques(self):
        yield djtrans.TechniqueDeclaration(
            name="mute", summary="Silence.", factory=Mute, bars=(2, 2, 2), swap_at=0.5
        )


def test_a_silent_result_is_warned_of_once(files):
    registry = Registry(discover=False)
    registry.register(Mute(None), "quiet")
    options = {"model": None, "separator": "spectral", "context": 0, "device": "cpu"}
    options["registry"] = registry
    with pytest.warns(SilenceWarning) as caught:
        djtrans.generate(*files, technique="mute", **options)
    assert len(caught) == 1
    # The ends are pinned, so A is left in the first beat and B in the last.
    assert str(caught[0].message).startswith("6 of 8 beats of the window are nearly silent")
    assert "the curves attenuate what the tracks play" in str(caught[0].message)


def test_b_is_nudged_where_its_grid_is_off(tracks):
    """A grid that lies 14 ms late places B's attacks 14 ms early."""
    prepared = djtrans.pipeline.prepare(
        *tracks, djtrans.pipeline.PreparationOptions(separator="spectral")
    )
    grid = prepared.analyses.b.grid
    late = attrs.evolve(
        prepared.analyses.b, grid=attrs.evolve(grid, beat_times=grid.beat_times + 0.014)
    )
    prepared = attrs.evolve(prepared, analyses=djtrans.Pair(prepared.analyses.a, late))
    plan = prepared.plan("bass-swap", bars=8)
    moved = prepared.nudge(plan)
    shift = moved.b.warp[0][0] - plan.b.warp[0][0]
    assert shift == pytest.approx(0.014, abs=0.003)
    assert moved.b.warp[0][1] == plan.b.warp[0][1]
    assert "ms early" in moved.reasons[-1]
    assert prepared.nudge(moved) is moved
