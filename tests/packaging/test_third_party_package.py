"""Somebody else's package, from its source to its removal, as its users meet it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from djtrans import load_audio

PACKAGE = Path(__file__).resolve().parents[2] / "examples" / "djtrans-tape"


@pytest.fixture(scope="module")
def wheel(build, tmp_path_factory):
    # From a copy, so that nothing is written beside the source.
    source = tmp_path_factory.mktemp("source") / PACKAGE.name
    shutil.copytree(PACKAGE, source)
    return build(source, "wheel")


@pytest.fixture(scope="module")
def module_environment(environment):
    return environment()


@pytest.fixture
def installed(module_environment, wheel):
    """An environment with the package, whatever the test before has removed."""
    module_environment.install(wheel)
    return module_environment


def read(path):
    return load_audio(path)[0].numpy().astype(np.float64)


def level_db(audio):
    return 10 * np.log10(np.mean(np.square(audio)) + 1e-20)


def test_it_is_found_with_its_provider_and_listed_without_torch(installed, tmp_path):
    listed = json.loads(installed.djtrans("plugins", "--json", cwd=tmp_path).stdout)
    assert listed["failures"] == []
    found = {
        row["name"]: (kind, row["provider"], row["status"])
        for kind, rows in listed["components"].items()
        for row in rows
        if row["name"].startswith("tape/")
    }
    assert found == {
        "tape/mirrored": ("separator", "djtrans-tape 0.1.0", "ok"),
        "tape/shifted-euler": ("scheduler", "djtrans-tape 0.1.0", "ok"),
        "tape/flanger": ("effect", "djtrans-tape 0.1.0", "ok"),
    }
    shown = installed.djtrans("plugins", "show", "flanger", cwd=tmp_path).stdout
    assert "djtrans-tape 0.1.0" in shown
    assert "0.25 to 128" in shown


# All its parts are built and run there; what follows is about one of them.
@pytest.mark.slow
def test_its_own_tests_pass_where_it_is_installed(installed, tmp_path):
    shutil.copytree(PACKAGE / "tests", tmp_path / "tests")
    done = installed.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path)
    assert " passed" in done.stdout
    assert "failed" not in done.stdout


@pytest.mark.slow
def test_its_effect_takes_a_place_in_dj54_and_is_named_when_the_package_is_gone(
    installed, tracks, tmp_path
):
    options = ("--technique", "cut", "--bars", "2", "--context", "0", "--separator", "spectral")
    swapped = ("--set", "reverb=tape/flanger", "--set", "reverb.sweep_beats=8")
    files = ("-o", "dry.wav", "--save-params", "dry.json")
    installed.djtrans("generate", *tracks, *files, *options, *swapped, cwd=tmp_path)
    document = json.loads((tmp_path / "dry.json").read_text())
    keys = [row["key"] for row in document["layout"]]
    assert len(keys) == 56
    assert document["mixer"]["versions"]["tape/flanger"] == 1
    (node,) = [n for n in document["mixer"]["spec"]["track_chain"] if n["id"] == "reverb"]
    assert node["config"] == {"sweep_beats": 8.0, "longest_ms": 5.0}

    # As drawn the second machine is silent; somebody turns it up in the file.
    for frame in document["values"]:
        for name in ("mix", "depth"):
            frame[keys.index(f"a/track/reverb/{name}")] = 1.0
    (tmp_path / "wet.json").write_text(json.dumps(document))
    installed.djtrans(
        "render", "wet.json", *tracks, "-o", "wet.wav", "--device", "cpu", cwd=tmp_path
    )
    dry, wet = read(tmp_path / "dry.wav"), read(tmp_path / "wet.wav")
    half = dry.shape[1] // 2
    assert level_db((wet - dry)[:, :half]) > level_db(dry[:, :half]) - 12

    installed.pip("uninstall", "--yes", "djtrans-tape")
    done = installed.djtrans(
        "render", "dry.json", *tracks, "-o", "gone.wav", cwd=tmp_path, expect=2
    )
    assert done.stderr == (
        "djtrans: error: There is no effect 'tape/flanger'. Install the package that provides the "
        "plugin 'tape'.\n"
    )
    assert not (tmp_path / "gone.wav").exists()
    done = installed.djtrans("plugins", "show", "flanger", cwd=tmp_path, expect=2)
    assert done.stderr.startswith("djtrans: error: There is no component 'flanger'.")


#: Saves an untrained model that is sampled with the package's scheduler, loads it and lets it draw.
MODEL = """
from djtrans import CurveRequest, load_model, mixer_layout, resolve_spec
from djtrans.diffusion.checkpoint import EncoderRecord, ModelRecord, save_model
from djtrans.core.contracts.component import ComponentRecord
from djtrans.diffusion.building import build_network

small = {"width": 16, "depth": 1, "heads": 1}
record = ModelRecord(
    layout=mixer_layout(resolve_spec("dj54").configured({"reverb": "flanger"})),
    stems=("drums", "bass", "vocals", "other"),
    frames_per_beat=2,
    denoiser=ComponentRecord(name="djtrans/dit", version=1, config=small),
    encoders=(
        EncoderRecord(
            component=ComponentRecord(name="djtrans/none", version=1), per_frame=0, global_=0
        ),
    ),
    scheduler=ComponentRecord(name="tape/shifted-euler", version=1, config={"shift": 2.0}),
    inference={"steps": 3},
)
save_model("model.safetensors", record, build_network(record)[0].state_dict())
model = load_model("model.safetensors", "cpu")
curves = model.generate(CurveRequest(record.layout, n_frames=32, swap_beat=8))
print(type(model.scheduler).__module__, model.scheduler.config.shift, *curves.shape)
"""


@pytest.mark.slow
def test_a_model_that_needs_it_says_so_when_it_is_gone(installed, tmp_path):
    done = installed.run("-c", MODEL, cwd=tmp_path)
    assert done.stdout == "djtrans_tape.shifted_euler 2.0 32 56\n"
    installed.pip("uninstall", "--yes", "djtrans-tape")
    load = "from djtrans import load_model\nload_model('model.safetensors', 'cpu')"
    done = installed.run("-c", load, cwd=tmp_path, expect=1)
    assert done.stderr.splitlines()[-1] == (
        "djtrans.core.errors.PluginError: The model 'model.safetensors' needs the scheduler "
        "tape/shifted-euler, which is not installed. There is no scheduler 'tape/shifted-euler'. "
        "Install the package that provides the plugin 'tape'."
    )
