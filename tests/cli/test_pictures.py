"""End-to-end tests of ``djtrans visualize``."""

from __future__ import annotations

import json

import pytest

import djtrans
from djtrans.cli import main
from djtrans.synthesis import TrackSpec, synthesize

pytestmark = pytest.mark.usefixtures("warm_cache")

RATE = 22050


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with two tracks and the params file of a fade between them."""
    folder = tmp_path_factory.mktemp("made")
    for name, bpm in (("a", 172.0), ("b", 170.0)):
        spec = TrackSpec(
            bpm=bpm, seed=3, structure=(("intro", 8), ("drop", 8)), sample_rate_hz=RATE
        )
        djtrans.write_audio(folder / f"{name}.wav", synthesize(spec).audio, RATE)
    transition = djtrans.generate(
        folder / "a.wav",
        folder / "b.wav",
        technique="fade",
        model=None,
        bars=4,
        context=0,
        device="cpu",
    )
    transition.save_params(folder / "p.json")
    return folder


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as exit_:
            main(["visualize", *map(str, arguments)])
        out, err = capsys.readouterr()
        return exit_.value.code, out, err

    return call


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plot.png", []),
        ("plot.svg", ["--theme", "dark"]),
        ("plot.pdf", ["--timeline"]),
        ("plot.png", ["--compare", "SAME"]),
    ],
)
def test_each_picture_is_written(run, made, tmp_path, name, options):
    options = [str(made / "p.json") if option == "SAME" else option for option in options]
    code, out, err = run(made / "p.json", "-o", name, *options)
    assert (code, out, err) == (0, f"wrote {name}\n", "")
    assert (tmp_path / name).stat().st_size > 10_000
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_summary_needs_no_picture(run, made, tmp_path):
    code, out, _ = run(made / "p.json", "--summary", "s.md")
    assert (code, out) == (0, "wrote s.md\n")
    story = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert story.startswith("# a.wav → b.wav\n")
    assert "B fades in over" in story
    assert "A fades out over" in story


def test_with_the_tracks_edited_curves_are_measured_anew(run, made, tmp_path):
    document = json.loads((made / "p.json").read_text())
    keys = [row["key"] for row in document["layout"]]
    for frame in document["values"][1:-1]:
        frame[keys.index("b/drums/fader/gain")] = 0.0
    (tmp_path / "edited.json").write_text(json.dumps(document))
    assert run("edited.json", "-o", "alone.svg", "--quiet")[0] == 0
    pair = (made / "a.wav", made / "b.wav")
    assert run("edited.json", *pair, "-o", "measured.svg", "--device", "cpu", "--quiet")[0] == 0
    # matplotlib writes the words of an SVG as comments beside their outlines.
    assert "curves edited since" in (tmp_path / "alone.svg").read_text()
    assert "curves edited since" not in (tmp_path / "measured.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["P"], "No output is named"),
        (["none.json", "-o", "x.png"], "There is no file 'none.json'"),
        (["A", "-o", "x.png"], "is not a params file"),
        (["P", "-o", "x.bmp"], "end the name in .png, .svg, .pdf"),
        (["P", "-o", "none/x.png"], "Cannot write none/x.png"),
        (["P", "-o", "x.png", "--theme", "drak"], "Did you mean 'dark'"),
        (["P", "-o", "x.png", "--timeline", "--compare", "P"], "exclude each other"),
        (["P", "--summary", "s.md", "--timeline"], "name its file with -o"),
        (["P", "A", "-o", "x.png"], "without track B"),
        (["P", "B", "A", "-o", "x.png"], "same two files, in the same order"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(run, made, tmp_path, arguments, match):
    named = {"P": made / "p.json", "A": made / "a.wav", "B": made / "b.wav"}
    code, out, err = run(*(named.get(argument, argument) for argument in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("djtrans: error: ")
    assert err.count("\n") == 1
    assert match in err
    assert list(tmp_path.iterdir()) == []
