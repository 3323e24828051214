"""Each example is run as a user runs it, on two short synthesized tracks."""

from __future__ import annotations

import ast
import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from djtrans import Registry, render
from djtrans.core.errors import PluginError

pytestmark = pytest.mark.usefixtures("warm_cache")

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
#: Short, fast tracks at a low rate, so that a whole run takes seconds.
STRUCTURE = (("intro", 8), ("drop", 8), ("outro", 8))
RATE = 22050
BAR_A = 4 * 60 / 172


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """A folder with a.wav (172 BPM), b.wav (170 BPM) and their stems."""
    from djtrans import TrackSpec, save_stems, synthesize, write_audio

    folder = tmp_path_factory.mktemp("tracks")
    for name, bpm, tonic, seed in (("a", 172.0, 9, 1), ("b", 170.0, 4, 2)):
        spec = TrackSpec(bpm=bpm, tonic=tonic, seed=seed, structure=STRUCTURE, sample_rate_hz=RATE)
        track = synthesize(spec)
        write_audio(folder / f"{name}.wav", track.audio, RATE)
        save_stems(track.stems, folder / f"{name}-stems")
    return folder


def run(*command, expect=0, cwd=None):
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert done.returncode == expect, done.stderr
    return done


def djtrans(*arguments, **kwargs):
    return run("-m", "djtrans.cli", *arguments, **kwargs)


def read(path):
    from djtrans import load_audio

    audio, rate = load_audio(path)
    assert rate == RATE
    return audio.numpy()


def level_db(audio):
    return 10 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-20)


@pytest.mark.slow
def test_inference_writes_audio_picture_and_a_params_file_that_renders_the_same(
    run_script, tracks, tmp_path
):
    out, params = tmp_path / "out.wav", tmp_path / "out.json"
    done = run_script(
        EXAMPLES / "inference.py",
        tracks / "a.wav",
        tracks / "b.wav",
        "-o",
        out,
        "--duration",
        11,
        "--device",
        "cpu",
        "--visualize",
        "--save-params",
        params,
    )
    assert done.returncode == 0, done.stderr
    assert "bass-swap over 8 bars" in done.stdout  # 8 bars at 172 BPM are 11.2 s
    audio = read(out)
    # The window, and four bars before and after it.
    assert abs(audio.shape[-1] / RATE - 16 * BAR_A) < 0.01
    # Loud from end to end: no half second of it is silent.
    halves = audio[:, : audio.shape[-1] // 11025 * 11025].reshape(2, -1, 11025)
    assert min(level_db(halves[:, i]) for i in range(halves.shape[1])) > -40
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads(params.read_text())["layout"]) == 54
    again = render(params, tracks / "a.wav", tracks / "b.wav", device="cpu")
    again.save(tmp_path / "again.wav")
    np.testing.assert_array_equal(read(tmp_path / "again.wav"), audio)


def test_inference_says_in_one_line_what_is_wrong(run_script, tracks, tmp_path):
    done = run_script(
        EXAMPLES / "inference.py",
        tracks / "a.wav",
        tmp_path / "none.mp3",
        "-o",
        tmp_path / "o.wav",
    )
    assert done.returncode == 2
    assert done.stderr.startswith("inference.py: error: ")
    assert "none.mp3" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_swap_effect_renders_with_the_other_low_pass(tracks, tmp_path):
    out = tmp_path / "out.wav"
    done = run(EXAMPLES / "swap_effect.py", tracks / "a.wav", tracks / "b.wav", "-o", out)
    assert done.stdout == "54 parameters, node lpf is my/gentle-lowpass\n"
    assert level_db(read(out)) > -40


def test_the_gentle_low_pass_is_an_rc_circuit():
    import torch

    from djtrans import Registry, RenderContext

    registry = Registry(discover=False)
    registry.register_file(EXAMPLES / "swap_effect.py")
    effect = registry.effects.build("gentle-lowpass")
    freqs = torch.tensor([10.0, 1000.0, 2000.0, 16000.0])
    cutoff = torch.log(torch.tensor(1000.0 / 20)) / np.log(1000)
    context = RenderContext(44100, torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0]))
    mask = effect.mask({"cutoff": torch.stack([cutoff, torch.ones(())])[None]}, freqs, context)
    circuit = 1 / np.abs(1 + 1j * freqs.numpy() / 1000.0)
    np.testing.assert_allclose(mask[0, 0], circuit, rtol=1e-4)
    assert bool((mask[0, 1] == 1).all())


@pytest.mark.slow
def test_a_plugin_file_with_a_reverb_of_five_parameters_goes_all_the_way(tracks, tmp_path):
    """Layout, params file, picture and audio follow from the declaration."""
    plugin = ("--plugin", EXAMPLES / "five_parameter_reverb.py")
    rows = json.loads(djtrans(*plugin, "layout", "--mixer", "dj62", "--json").stdout)
    assert len(rows) == 54 + 2 * 4
    pair = (tracks / "a.wav", tracks / "b.wav")
    stems = ("--stems-a", tracks / "a-stems", "--stems-b", tracks / "b-stems")
    dry, params = tmp_path / "dry.wav", tmp_path / "dry.json"
    djtrans(
        *plugin,
        "generate",
        *pair,
        *stems,
        "--bars",
        8,
        "--model",
        "none",
        "--mixer",
        "dj62",
        "-o",
        dry,
        "--save-params",
        params,
        "--visualize",
    )
    assert (tmp_path / "dry.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads(params.read_text())
    keys = [row["key"] for row in document["layout"]]
    assert keys == [row["key"] for row in rows]
    assert document["mixer"]["versions"]["five_parameter_reverb/plate"] == 1

    # Somebody edits the file: A rings long after it has left, in mono.
    for frame in document["values"][1:-1]:
        frame[keys.index("a/track/reverb/send")] = 0.8
        frame[keys.index("a/track/reverb/decay")] = 4.0
        frame[keys.index("a/track/reverb/width")] = 0.0
    edited = tmp_path / "wet.json"
    edited.write_text(json.dumps(document))
    djtrans(*plugin, "render", edited, *pair, "-o", tmp_path / "wet.wav", "--visualize")
    assert (tmp_path / "wet.png").read_bytes() != (tmp_path / "dry.png").read_bytes()
    plain, wet = read(dry), read(tmp_path / "wet.wav")
    # The files may differ in the gain that keeps their peaks below the ceiling; before the window
    # they differ in nothing else.
    starts, ends = (round(bar * BAR_A * RATE) for bar in (8, 16))
    gain = np.sum(plain[:, :starts] * wet[:, :starts]) / np.sum(wet[:, :starts] ** 2)
    added = gain * wet - plain
    assert level_db(added[:, :starts]) < -100
    assert level_db(added[:, starts:ends]) > -50
    assert level_db(added[:, ends : ends + RATE // 2]) > -90  # it rings on after the window
    # Mono, unlike the track.
    assert level_db(added[0] - added[1]) < level_db(added) - 20
    assert level_db(plain[0] - plain[1]) > level_db(plain) - 20

    registry = Registry(discover=False)
    with pytest.raises(PluginError, match="five_parameter_reverb"):
        render(params, *pair, registry=registry)
    registry.register_file(EXAMPLES / "five_parameter_reverb.py")
    transition = render(params, *pair, device="cpu", registry=registry)
    transition.save(tmp_path / "again.wav")
    np.testing.assert_array_equal(read(tmp_path / "again.wav"), plain)


def test_the_effect_in_30_lines_is_that_short_and_heard(tracks, tmp_path):
    file = EXAMPLES / "effect_in_30_lines.py"
    tree = ast.parse(file.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node):
            node.body = node.body[1:]
    assert len(ast.unparse(tree).splitlines()) <= 30

    import torch

    import djtrans as library

    registry = Registry(discover=False)
    registry.register_file(file)
    spec = library.resolve_spec("tilted", registry)
    mixer = library.DifferentiableDJMixer(spec.configured({"tilt.slope_db": 6}), registry=registry)
    assert len(mixer.layout) == 56
    values = torch.tensor(mixer.layout.neutral).repeat(8, 1)
    values[:, mixer.layout.index("a/track/tilt/tilt")] = 1.0
    # Two octaves above the middle a slope of 6 dB per octave is +12 dB.
    tone = torch.sin(2 * torch.pi * 4000 * torch.arange(2 * RATE) / RATE)
    stems = torch.stack([tone, *torch.zeros(3, len(tone))]).unsqueeze(1)
    out = mixer(stems, torch.zeros_like(stems), values, sample_rate=RATE).mix
    middle = slice(RATE // 2, RATE)
    gain_db = level_db(out[..., middle].numpy()) - level_db(tone[middle].numpy())
    assert gain_db == pytest.approx(12.0, abs=0.2)


@pytest.mark.slow
def test_own_stems_prints_what_is_heard(tracks, tmp_path):
    out = tmp_path / "out.wav"
    files = (tracks / "a.wav", tracks / "b.wav", tracks / "a-stems", tracks / "b-stems")
    done = run(EXAMPLES / "own_stems.py", *files, "-o", out)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [words[0] for words in lines] == ["drums", "bass", "vocals", "other"] * 2
    assert float(lines[0][1]) > -40
    assert level_db(read(out)) > -40


def test_what_is_installed_is_listed():
    done = run(EXAMPLES / "list_components.py", "effect")
    lines = done.stdout.splitlines()
    assert "    decay_seconds = 1.8 s" in lines
    assert {line.split()[0] for line in lines if not line.startswith(" ")} == {"effect"}
    assert "no kind 'efect'" in run(EXAMPLES / "list_components.py", "efect", expect=1).stderr


@pytest.mark.slow
def test_a_loose_file_reaches_the_workers(tracks, tmp_path):
    """Without the file in every process, no pair could be rendered with its mixer."""
    pairs = tmp_path / "pairs.csv"
    a, b = tracks / "a.wav", tracks / "b.wav"
    pairs.write_text(f"a,b\n{a},{b}\n{b},{a}\n")
    options = ("--pairs", pairs, "--techniques", "cut", "--mixer", "tilted", "--workers", "2")
    file = EXAMPLES / "effect_in_30_lines.py"
    djtrans("--plugin", file, "evaluate", *options, "--output", tmp_path / "out", "--quiet")
    with (tmp_path / "out" / "results.csv").open() as opened:
        rows = list(csv.DictReader(opened))
    assert [row["reason"] for row in rows] == ["", ""]


@pytest.mark.slow
def test_the_plugin_page_leads_from_an_empty_folder_to_something_heard(tracks, tmp_path):
    """Its first two blocks are saved as it says, and its commands are run as they stand there."""
    page = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    python = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    shell = "\n".join(re.findall(r"^```bash\n(.*?)^```", page, re.M | re.S)).splitlines()
    commands = [line for line in shell if line.startswith("djtrans --plugin tremolo.py")]
    assert len(commands) == 4
    (tmp_path / "tremolo.py").write_text("\n".join(python[:2]), encoding="utf-8")
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).symlink_to(tracks / name)
    outputs = []
    for line in commands:
        done = run("-m", "djtrans.cli", *line.split()[1:], cwd=tmp_path)
        outputs.append(done.stdout)
    assert "tremolo/tremolo" in outputs[0]
    assert "a/track/reverb/depth" in outputs[1]
    assert "tremolo/tremolo-swap" in outputs[3]
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["mixer"]["versions"]["tremolo/tremolo"] == 1
