"""Exported mixers compute what the mixer computes, also at other values than were traced."""

from __future__ import annotations

import subprocess
import sys

import attrs
import pytest
import torch

from djtrans.cli import main
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.program_files import DESCRIPTION
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.mixer_export import export_mixer
from djtrans.plugins.effects.gain import Gain

RATE, SAMPLES, FRAMES, TAIL = 8000, 12000, 8, 0.25
#: The tempo changes, so that the delay glides.
BEATS = [0.0, 0.4, 0.8, 1.1, 1.4]


def error_db(found, true):
    return float(20 * torch.log10((found - true).norm() / true.norm()))


def check(mixer, folder, curves, noise, batch=1):
    export_mixer(
        mixer,
        folder / "mixer.pt2",
        samples=SAMPLES,
        frames=FRAMES,
        batch=batch,
        sample_rate=RATE,
        beat_times=BEATS,
        seed=3,
        tail_seconds=TAIL,
    )
    program = torch.export.load(folder / "mixer.pt2").module()
    for index, values in enumerate(curves):
        a, b = (
            noise(batch, len(mixer.spec.stems), 2, SAMPLES, seed=2 * index + i) for i in range(2)
        )
        with torch.no_grad():
            true = mixer(
                a, b, values, sample_rate=RATE, beat_times=BEATS, seed=3, tail_seconds=TAIL,
                frame_times=torch.arange(FRAMES) * (SAMPLES / RATE / FRAMES),
            )  # fmt: skip
        for found, expected in zip(program(a, b, values), (true.mix, true.a, true.b), strict=True):
            assert found.shape == expected.shape
            assert error_db(found, expected) < -120


@pytest.mark.slow
def test_the_default_mixer_as_a_program_gives_the_same_at_any_values(
    mixer, random_curves, noise, tmp_path
):
    anywhere = random_curves(2, FRAMES)
    # Gains open and close at once, filters open fully, sends close.
    at_the_stops = random_curves(2, FRAMES, seed=2).round()
    neutral = torch.tensor([row.parameter.neutral for row in mixer.layout.rows])
    check(mixer, tmp_path, [anywhere, at_the_stops, neutral.repeat(2, FRAMES, 1)], noise, batch=2)


@pytest.mark.slow
def test_nodes_that_are_late_give_the_same(make_mixer, random_curves, noise, tmp_path):
    quiet = {"ceiling_dbtp": -24.0}
    mixer = make_mixer(
        MixerSpec(
            ("all",),
            (NodeSpec("fader", "djtrans/gain"),),
            (NodeSpec("limiter", "djtrans/limiter", quiet), NodeSpec("eq", "djtrans/eq3")),
            (NodeSpec("limiter", "djtrans/limiter", quiet),),
        )
    )
    check(mixer, tmp_path, [random_curves(1, FRAMES, of=mixer)], noise)


class _Branching(Gain):
    """Gain that looks at its values."""

    def mask(self, curves, freqs_hz, ctx):
        loud = bool(curves["gain"].detach().sum() > 100)
        return super().mask(curves, freqs_hz, ctx) * (0.5 if loud else 1.0)


def test_an_effect_that_branches_on_values_is_refused(make_mixer, tmp_path):
    spec = MixerSpec(("all",), (NodeSpec("fader", "djtrans/gain"),))
    (node,) = make_mixer(spec).stem_nodes
    mixer = Mixer(spec, [attrs.evolve(node, effect=_Branching())])
    with pytest.raises(FormatError, match=r"mixer cannot be exported.*must not branch on values"):
        export_mixer(mixer, tmp_path / "mixer.pt2", samples=4000, frames=4, sample_rate=RATE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "changed", "message"),
    [
        ("mixer.onnx", {}, r"give a name ending in \.pt2"),
        ("mixer.pt2", {"samples": 0}, "samples = 0 is not allowed"),
        ("mixer.pt2", {"batch": 0}, "batch = 0 is not allowed"),
        ("mixer.pt2", {"tail_seconds": -1.0}, "tail_seconds = -1.0"),
        ("mixer.pt2", {"frame_times": [0.0, 1.0, 1.0, 2.0]}, "strictly increasing"),
    ],
)
def test_bad_arguments_are_refused(mixer, tmp_path, name, changed, message):
    with pytest.raises(InputError, match=message):
        export_mixer(mixer, tmp_path / name, **{"samples": 4000, "frames": 4, **changed})
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_file_of_the_command_needs_torch_alone(tmp_path, capsys):
    file = tmp_path / "mixer.pt2"
    options = ["--beats", "2", "--bpm", "120", "--sample-rate", "8000", "--tail", "0.5"]
    with pytest.raises(SystemExit) as exit_:
        main(["export-mixer", "dj54", "-o", str(file), *options])
    assert exit_.value.code == 0
    assert f"wrote {file}" in capsys.readouterr().out
    script = f"""
import json, sys, torch
facts = {{{DESCRIPTION!r}: ""}}
render = torch.export.load({str(file)!r}, extra_files=facts).module()
known = json.loads(facts[{DESCRIPTION!r}])
values = torch.tensor([[[row["neutral"] for row in known["layout"]]] * known["frames"]])
audio = torch.rand(1, len(known["stems"]), 2, known["samples"])
mix, a, b = render(audio, 0 * audio, values)
error = (mix[..., : known["samples"]] - audio.sum(dim=1)).abs().max()
print(known["samples"], known["frames"], mix.shape[-1], float(error) < 1e-5)
print("djtrans" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["8000", "4", "12000", "True", "False"]
