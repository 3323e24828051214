"""The wheel and the sdist hold what they should, and work outside the checkout."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import djtrans
from djtrans.diffusion.model_files import BUNDLED_MODEL

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The files of the checkout that version control does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout, so it is not known which files belong to it")
    folder = tmp_path_factory.mktemp("source") / "djtrans"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def modules(folder):
    """Every file of the package, as paths within the distribution."""
    files = (path for path in (folder / "djtrans").rglob("*") if path.is_file())
    return {str(PurePosixPath(path.relative_to(folder))) for path in files}


@pytest.fixture(scope="module")
def wheel(build, source):
    return build(source, "wheel")


def test_the_wheel_holds_the_package_and_nothing_else(wheel, source):
    names = set(zipfile.ZipFile(wheel).namelist())
    info = f"djtrans-{djtrans.__version__}.dist-info"
    rest = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert names == modules(source) | {f"{info}/{name}" for name in rest}
    # What is no Python has a reason to be there.
    folders = ("djtrans/cli/plugin_templates/", "djtrans/report/listening_page/assets/")
    assert {
        name
        for name in modules(source)
        if not name.endswith((".py", "/__init__.pyi")) and not name.startswith(folders)
    } == {"djtrans/py.typed", "djtrans/weights/model.safetensors"}


def test_the_sdist_builds_the_same_wheel_and_holds_no_strays(build, source, wheel, tmp_path):
    with tarfile.open(build(source, "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    top = {path.name for path in unpacked.iterdir()}
    assert {"djtrans", "tests", "examples", "docs", "README.md", "LICENSE", "pyproject.toml"} <= top
    known = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    shipped = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert shipped - known == {"PKG-INFO"}
    again = zipfile.ZipFile(build(unpacked, "wheel"))
    first = zipfile.ZipFile(wheel)
    assert {i.filename: i.CRC for i in again.infolist()} == {
        i.filename: i.CRC for i in first.infolist()
    }


def test_the_wheel_makes_a_transition_outside_the_checkout(wheel, environment, tmp_path):
    made = environment()
    made.install(wheel)
    command = made.python.parent / "djtrans"
    assert command.is_file()
    where = made.run("-c", "import djtrans; print(djtrans.__file__)", cwd=tmp_path).stdout.strip()
    assert Path(where).is_relative_to(made.python.parents[1])
    load = "import djtrans; print(djtrans.load_model(device='cpu').sha256)"
    model = made.run("-c", load, cwd=tmp_path).stdout.strip()
    assert model == hashlib.sha256(BUNDLED_MODEL.read_bytes()).hexdigest()
    listed = json.loads(made.run(command, "plugins", "--json", cwd=tmp_path).stdout)
    assert listed["failures"] == []
    made.run(command, "demo", "--out", "demo", "--quiet", cwd=tmp_path)
    audio, rate = djtrans.load_audio(tmp_path / "demo" / "transition.wav")
    assert audio.shape[1] / rate > 30
    assert float(audio.abs().max()) > 0.5
    assert (tmp_path / "demo" / "transition.png").read_bytes().startswith(b"\x89PNG")
    made.run(command, "visualize", "demo/transition.json", "--summary", "story.md", cwd=tmp_path)
    assert "bass" in (tmp_path / "story.md").read_text()
