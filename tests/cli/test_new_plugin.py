"""``djtrans plugins new``: packages that pass their own tests."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from djtrans.cli import cli
from djtrans.cli.new_plugin import plugin_source, write_plugin
from djtrans.core.contracts.kinds import KINDS
from djtrans.core.errors import InputError
from djtrans.testing.building import declarations_of

try:
    import tomllib
except ImportError:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


def run_tests(*folders):
    sources = [str(folder / "src") for folder in folders]
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull),
            "--import-mode=importlib",
            *(str(folder / "tests") for folder in folders),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sources])},
        cwd=folders[0],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_command_writes_a_package_that_passes_its_tests(tmp_path):
    done = CliRunner().invoke(
        cli, ["plugins", "new", "tape-tilt", "--kind", "effect", "-o", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    folder = tmp_path / "djtrans-tape-tilt"
    assert f"wrote {folder / 'src/djtrans_tape_tilt/tape_tilt.py'}" in done.output
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert written == {
        "pyproject.toml",
        "README.md",
        "src/djtrans_tape_tilt/__init__.py",
        "src/djtrans_tape_tilt/plugin.py",
        "src/djtrans_tape_tilt/tape_tilt.py",
        "tests/test_plugin.py",
    }
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "djtrans-tape-tilt"
    assert project["entry-points"]["djtrans"] == {"tape-tilt": "djtrans_tape_tilt.plugin"}
    tested = run_tests(folder)
    assert tested.returncode == 0, tested.stdout
    # With a fault, the tests of the package fail.
    component = folder / "src/djtrans_tape_tilt/tape_tilt.py"
    component.write_text(component.read_text().replace("return 1 + (", "return 1.1 + ("))
    tested = run_tests(folder)
    assert tested.returncode == 1
    assert "At neutral a mask is exactly 1" in tested.stdout


@pytest.mark.slow
def test_packages_of_every_kind_pass_their_tests(tmp_path):
    for kind in KINDS:
        write_plugin(plugin_source(f"my-{kind}", kind), tmp_path)
    tested = run_tests(*sorted(tmp_path.iterdir()))
    assert tested.returncode == 0, tested.stdout
    # Every kind has at least the eight rules that a mixer has, and a test of its own.
    count = int(re.search(r"(\d+) passed", tested.stdout)[1])
    assert count >= 9 * len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_declared_component_is_of_the_kind_and_named_as_the_package(kind, tmp_path):
    write_plugin(plugin_source("wobble", kind), tmp_path)
    source = tmp_path / "djtrans-wobble/src/djtrans_wobble"
    spec = importlib.util.spec_from_file_location(f"wobble_{kind}", source / "plugin.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    (declaration,) = declarations_of(module)
    assert declaration.kind == kind
    assert declaration.name == "wobble"
    assert str(declaration.factory).partition(":")[0] == "djtrans_wobble.wobble"
    assert (source / "wobble.py").is_file()


@pytest.mark.parametrize(
    "name", ["", "Tape", "tape_echo", "2tape", "djtrans", "tape/echo", "class"]
)
def test_names_that_cannot_be_used_are_refused(name):
    with pytest.raises(InputError, match="cannot name a plugin; use lower-case words"):
        plugin_source(name, "effect")


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "djtrans-wobble").mkdir()
    with pytest.raises(InputError, match="exists already; choose another name"):
        write_plugin(plugin_source("wobble", "effect"), tmp_path)
    assert not list((tmp_path / "djtrans-wobble").iterdir())


def test_a_component_called_plugin_has_a_module_of_its_own():
    source = plugin_source("plugin", "effect")
    assert "src/djtrans_plugin/plugin_effect.py" in source.files
    assert "djtrans_plugin.plugin_effect:Plugin" in source.files["src/djtrans_plugin/plugin.py"]
