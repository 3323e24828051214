"""The examples that draw and edit are run as a user runs them, on two short synthesized tracks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import djtrans
from djtrans.core.transition.params_file import load_params

pytestmark = pytest.mark.usefixtures("warm_cache")

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
RATE = 22050


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a.wav, b.wav and the params file of a bass swap of eight bars."""
    folder = tmp_path_factory.mktemp("made")
    for name, bpm, seed in (("a", 172.0, 1), ("b", 170.0, 2)):
        spec = djtrans.TrackSpec(
            bpm=bpm, seed=seed, sample_rate_hz=RATE,
            structure=(("intro", 8), ("drop", 8), ("outro", 8)),
        )  # fmt: skip
        djtrans.write_audio(folder / f"{name}.wav", djtrans.synthesize(spec).audio, RATE)
    transition = djtrans.generate(
        folder / "a.wav", folder / "b.wav", technique="bass-swap", bars=8, context=2, device="cpu"
    )
    transition.save(folder / "out.wav")
    transition.save_params(folder / "out.json")
    return folder


def run(script, *arguments, expect=0):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == expect, done.stderr
    return done


@pytest.mark.slow
def test_visualize_draws_both_pictures_and_tells_the_story(made, tmp_path):
    out = tmp_path / "plot.png"
    done = run("visualize.py", made / "out.json", "-o", out, "--summary", tmp_path / "s.md")
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "The basses change owner" in (tmp_path / "s.md").read_text(encoding="utf-8")
    # One owner at a time, A until the swap in the middle, B from there.
    word, owners = done.stdout.split()
    assert (word, len(owners)) == ("bass", 32)
    assert set(owners[:16]) <= {"A", "-"}
    assert set(owners[16:]) <= {"B", "-"}
    timeline = tmp_path / "timeline.svg"
    run("visualize.py", made / "out.json", "-o", timeline, "--timeline", "--theme", "dark")
    assert "<svg" in timeline.read_text(encoding="utf-8")


@pytest.mark.slow
def test_visualize_says_in_one_line_what_is_wrong(made, tmp_path):
    done = run("visualize.py", made / "a.wav", "-o", tmp_path / "x.png", expect=2)
    assert done.stderr.startswith("visualize.py: error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_edited_curves_are_heard_seen_and_saved(made, tmp_path):
    out = tmp_path / "edited.wav"
    pair = (made / "a.wav", made / "b.wav")
    run("render_edited_curves.py", made / "out.json", *pair, "-o", out)
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    before, after = load_params(made / "out.json"), load_params(out.with_suffix(".json"))
    row = before.params.layout.index("a/track/reverb/send")
    moved = np.flatnonzero((before.params.values != after.params.values).any(dim=1).numpy())
    assert moved.tolist() == list(range(24, 32))  # the bar before beat 16
    assert float(after.params.values[31, row]) == pytest.approx(0.8)
    # The picture's data was measured anew, so nothing is called edited.
    assert after.overview.measured_under(after.params)
    assert not before.overview.measured_under(after.params)
    dry, rate = djtrans.load_audio(made / "out.wav")
    wet, _ = djtrans.load_audio(out)
    bar = round(4 * 60 / 172 * rate)
    start = 2 * bar  # two bars of context
    same = slice(0, start + 2 * bar)
    gain = float((dry[:, same] * wet[:, same]).sum() / wet[:, same].square().sum())
    apart = (wet * gain - dry).square().mean(dim=0)
    assert float(apart[same].mean()) < 1e-9
    assert float(apart[start + 3 * bar : start + 4 * bar].mean()) > 1e-6
