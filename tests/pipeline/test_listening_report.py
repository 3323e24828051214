"""The listening report in a browser: it plays, switches, mutes, seeks and reads as it should."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

import djtrans
from djtrans.core.errors import AudioFileError, InputError
from djtrans.pipeline.report_timeline import reading_kind
from djtrans.plot.scales import read
from djtrans.report.wording import reading
from djtrans.synthesis import TrackSpec, synthesize
from tests.helpers.browser import chromium

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_cache")]

RATE = 22050
READY = "document.body.classList.contains('ready')"


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """Two tracks, with ready stems in folders of their names."""
    folder = tmp_path_factory.mktemp("tracks")
    structure = (("intro", 8), ("drop", 8), ("outro", 8))
    for name, bpm, seed in (("a", 172.0, 1), ("b", 170.0, 2)):
        spec = TrackSpec(bpm=bpm, seed=seed, structure=structure, sample_rate_hz=RATE)
        track = synthesize(spec)
        djtrans.write_audio(folder / f"{name}.wav", track.audio, RATE)
        djtrans.save_stems(track.stems, folder / name)
    return folder


@pytest.fixture(scope="module")
def made(tracks):
    """Two transitions of one pair."""
    stems = {"stems_a": tracks / "a", "stems_b": tracks / "b"}
    return [
        djtrans.generate(
            *(tracks / "a.wav", tracks / "b.wav"),
            technique=technique,
            bars=bars,
            model=None,
            device="cpu",
            context=4,
            **stems,
        )
        for technique, bars in (("bass-swap", 8), ("fade", 4))
    ]


@pytest.fixture(scope="module")
def report(made, tmp_path_factory):
    page = tmp_path_factory.mktemp("page") / "page.html"
    djtrans.write_report(page, made, commands=["djtrans render one.json", "two"])
    return page


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser, report):
    browser.size(1280)
    browser.errors.clear()
    browser.requests.clear()
    browser.open(report, READY)
    yield browser
    assert browser.errors == []


def position(page):
    return page.run("player.now()")


def level(page):
    """RMS of what sounds now, measured behind the faders."""
    return page.run("""
        (async () => {
          const analyser = new AnalyserNode(player.context, { fftSize: 32768 });
          for (const { fader } of player.voices) fader.connect(analyser);
          await new Promise((done) => setTimeout(done, 900));
          const samples = new Float32Array(analyser.fftSize);
          analyser.getFloatTimeDomainData(samples);
          return Math.hypot(...samples) / Math.sqrt(samples.length);
        })()
    """)


def test_it_loads_without_a_request_and_fits_every_width(page, report):
    assert set(page.requests) == {report.resolve().as_uri()}
    for width in (1280, 390):
        page.size(width)
        page.wait(f"innerWidth === {width} && timeline.lanes[0].plot.width < {width}")
        assert page.run("document.documentElement.scrollWidth") <= width
    assert page.run("timeline.lanes.every((lane) => lane.plot.width === timeline.width)")


def test_it_plays_and_the_playhead_moves(page):
    start = page.run("timeline.playhead.style.transform")
    page.key(" ")
    page.wait("player.playing && player.now() > 0.5")
    assert level(page) > 1e-3
    assert page.run("timeline.playhead.style.transform") != start
    page.key(" ")
    page.wait("!player.playing")
    stopped = position(page)
    assert page.run("new Promise((done) => setTimeout(() => done(player.now()), 200))") == stopped


def test_switching_keeps_the_position(page):
    page.run("seek(3)")
    page.key(" ")
    page.wait("player.playing && player.now() > 3.2")
    # What the clock of the sound card says must go on through a switch.
    script = """
        (async () => {
          const at = () => player.position + player.context.currentTime - player.startTime;
          const before = at() - player.context.currentTime;
          const voices = player.voices;
          document.querySelector('[data-choice="3"]').click();
          while (player.voices === voices) await new Promise((done) => setTimeout(done, 5));
          return [before, at() - player.context.currentTime];
        })()
    """
    before, after = page.run(script)
    assert after == pytest.approx(before, abs=1e-4)
    assert page.run("[state.source, player.playing]") == ["b", True]


def test_candidates_are_switched_at_the_same_distance_from_their_swaps(page):
    page.run("seek(secondsOf(current(), current().swap_bar) - 1)")
    page.key("2")
    page.wait("state.index === 1")
    page.wait("Math.abs(secondsOf(current(), current().swap_bar) - 1 - player.now()) < 1e-3")
    assert page.run("document.querySelector('#plan').textContent").count("fade over 4 bars") == 1
    rows = page.run(
        "[...document.querySelectorAll('.candidates tbody tr')].map((r) => r.className)"
    )
    assert rows == ["", "chosen"]


def test_muting_silences_a_track_a_stem_and_everything(page):
    page.run("seek(2)")
    page.key(" ")
    page.wait("player.playing && player.now() > 2.2")
    whole = level(page)
    page.run("seek(2)")  # far from the end also where the machine is slow
    page.run("document.querySelector('[data-key=\"a/drums\"]').click()")
    page.wait("player.voices.length > 2")
    without_drums = level(page)
    page.run("seek(2)")
    page.key("a")
    page.key("b")
    page.wait("state.muted.size === 3 && player.voices.length > 2")
    page.wait("player.voices.every((voice) => voice.gain === 0)")
    page.run("new Promise((done) => setTimeout(done, 500))")  # the voices before have ended
    assert level(page) < 1e-6 < without_drums < whole
    assert page.run("document.querySelector('.lane.a').classList.contains('silent')")
    page.run("seek(2)")
    page.key("u")
    page.wait("state.muted.size === 0 && player.voices.length === 1")


def test_keys_work_and_leave_controls_to_the_browser(page):
    beats = page.run("current().beats_per_bar")
    page.run("seek(secondsOf(current(), 0.4))")
    page.key("ArrowRight")
    first = page.run("barOf(current(), player.now())")
    assert first == pytest.approx(1.0, abs=1e-3)
    page.key("ArrowRight", shift=True)
    assert page.run("barOf(current(), player.now())") == pytest.approx(first + 1 / beats, abs=1e-3)
    page.key("ArrowLeft", shift=True)
    page.key("ArrowLeft")
    assert page.run("barOf(current(), player.now())") == pytest.approx(first - 1, abs=1e-3)
    page.key("End")
    assert position(page) == pytest.approx(page.run("current().seconds"), abs=0.01)
    page.key("Home")
    assert position(page) == 0.0
    page.key("s")
    assert page.run("current().swap_bar - barOf(current(), player.now())") == pytest.approx(2.0)
    for number, source in ((3, "a"), (4, "b"), (5, "crossfade"), (1, "mix")):
        page.key(str(number))
        assert page.run("state.source") == source
    # The space bar presses a button that has the keyboard's focus, and does not play.
    page.run("document.querySelector('[data-choice=\"2\"]').focus()")
    page.key(" ")
    assert page.run("[state.source, player.playing]") == ["a", False]
    page.key("Tab")
    assert page.run("document.activeElement.dataset.choice") == "3"
    assert page.run("document.activeElement.matches(':focus-visible')")
    outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_every_control_has_a_name_and_the_slider_its_value(page):
    unnamed = page.run("""
        [...document.querySelectorAll("button, [role], details > summary")]
          .filter((e) => !e.getAttribute("aria-label") && !e.textContent.trim())
          .filter((e) => e.id !== "status").length
    """)
    assert unnamed == 0
    page.run("seek(secondsOf(current(), 2))")
    assert page.run("byId('seek').getAttribute('aria-valuetext')").startswith("bar 3, beat 1, 0:")
    assert page.run("document.querySelectorAll('[aria-pressed=true]').length") >= 1


def test_the_pointer_reads_values_and_a_click_goes_there(page, made):
    box = page.run("""
        (() => {
          const lane = timeline.lanes.find((lane) => lane.lines.length);
          lane.box.scrollIntoView({ block: "center" });
          const { left, top, width, height } = lane.plot.over.getBoundingClientRect();
          return [left, top, width, height];
        })()
    """)
    x, y = box[0] + 0.6 * box[2], box[1] + 0.5 * box[3]
    page.mouse(x, y)
    page.wait("timeline.pointer !== null")
    bar = page.run("timeline.pointer")
    first, last = page.run("[current().first, current().last]")
    assert bar == pytest.approx(first + 0.6 * (last - first), abs=0.05)
    shown = page.run("timeline.lanes.find((l) => l.lines.length).readings.textContent")
    assert re.search(r"A[a-z ]*(−?\d+ dB|off)", shown)
    page.mouse(x, y, click=True)
    page.wait("player.position > 0")
    assert position(page) == pytest.approx(page.run(f"secondsOf(current(), {bar})"), abs=0.05)


def test_positions_and_readings_are_those_of_the_library(page, made):
    plan, start = made[0].plan, made[0].window_seconds[0]
    for beat in (-3.0, 0.0, 5.5, plan.bars * 4.0):
        seconds = page.run(f"secondsOf(transitions[0], {beat} / 4)")
        assert seconds == pytest.approx(plan.clock_of_beat(beat) + start, abs=1e-4)
        assert page.run(f"barOf(transitions[0], {seconds})") == pytest.approx(beat / 4, abs=1e-4)
    layout = made[0].params.layout
    for key, values in (
        ("a/bass/fader/gain", (0.0, 0.0005, 0.25, 0.5, 1.0)),
        ("a/bass/lpf/cutoff", (0.0, 0.2, 0.6, 1.0)),
        ("a/track/reverb/send", (0.0, 0.257, 1.0)),
        ("a/track/delay/feedback", (0.0, 0.5)),
    ):
        parameter = layout.rows[layout.index(key)].parameter
        for value in values:
            on_axis = float(read(parameter, np.array(value)))
            panel = f"{{ kind: '{reading_kind(parameter)}', unit: '' }}"
            assert page.run(f"reading({panel}, {on_axis})") == reading(parameter, value)


def test_the_sound_of_the_page_is_that_of_the_transition(page, made):
    """MP3 has a delay, which the browser has to remove: else the playhead would be late."""
    start, length = RATE * 3, 4096
    decoded = page.run(f"""
        player.buffer("t0-mix").then((buffer) => {{
          const rate = buffer.sampleRate;
          const first = Math.round({start - 2048} / {RATE} * rate);
          const count = Math.round({length + 4096} / {RATE} * rate);
          return [rate, Array.from(buffer.getChannelData(0).slice(first, first + count))];
        }})
    """)
    rate, found = decoded[0], np.array(decoded[1])
    times = np.arange(length + 4096) / RATE
    found = np.interp(times, np.arange(len(found)) / rate, found)
    mix = made[0].audio[0].numpy()[start : start + length]
    lags = np.array([found[lag : lag + length] @ mix for lag in range(4096)])
    assert abs(int(lags.argmax()) - 2048) <= round(0.003 * RATE)
    best = found[lags.argmax() : lags.argmax() + length]
    assert lags.max() / np.sqrt((best @ best) * (mix @ mix)) > 0.9


def test_colours_follow_the_scheme(page):
    seen = []
    for scheme in ("light", "dark"):
        page.scheme(scheme)
        page.wait(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
        seen.append(page.run("getComputedStyle(document.body).backgroundColor"))
    page.scheme("light")
    assert seen == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


def test_gates_plan_and_command_are_on_the_page(page, made):
    text = page.run("document.body.innerText")
    for gate in made[0].metrics().gates:
        assert gate.name in text.lower()
        assert gate.verdict in text
    assert "djtrans render one.json" in text
    assert made[0].plan.reasons[0] in text


def test_audio_beside_the_page_plays_too(browser, made, tmp_path):
    page, folder = djtrans.write_report(tmp_path / "page.html", made[:1], audio="files")
    assert folder == tmp_path / "page-audio"
    assert page.stat().st_size < 1e6
    browser.errors.clear()
    browser.requests.clear()
    browser.open(page, READY)
    assert all(url.startswith("file:") for url in browser.requests)
    browser.key(" ")
    browser.wait("player.playing && player.now() > 0.2")
    assert browser.errors == []
    djtrans.write_report(page, made[:1], audio="files")  # replaces its own folder
    shutil.rmtree(folder)
    browser.open(page, "document.querySelector('.error')")
    assert "missing: it belongs beside this page" in browser.run("document.body.innerText")


def test_a_report_does_not_replace_a_track_and_needs_a_transition(made, tracks, tmp_path):
    track = tmp_path / "a.html"
    shutil.copy(tracks / "a.wav", track)
    with pytest.raises(AudioFileError, match="it is track A"):
        made[0].report(track)
    with pytest.raises(InputError, match="at least one transition"):
        djtrans.write_report(tmp_path / "p.html", [])
    with pytest.raises(InputError, match="choose inline or files"):
        made[0].report(tmp_path / "p.html", audio="cloud")
