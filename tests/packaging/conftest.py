"""Building packages and installing them beside the tested djtrans, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).resolve().parents[2]


@attrs.frozen
class Environment:
    """A virtual environment that also sees everything of the one that runs the tests."""

    python: Path

    @classmethod
    def made(cls, folder: Path) -> Environment:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        own = sysconfig.get_path("purelib", vars={"base": folder, "platbase": folder})
        below = sysconfig.get_path("purelib")
        # Behind its own packages, and with the .pth files there: an editable djtrans is one.
        (Path(own) / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n")
        return cls(folder / "bin" / "python")

    def run(self, *arguments, expect: int = 0, cwd: Path | None = None):
        """Run its Python; the finished process."""
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=cwd,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
        return done

    def djtrans(self, *arguments, **kwargs):
        return self.run("-m", "djtrans.cli", *arguments, **kwargs)

    def pip(self, *arguments):
        """Run the pip of the tests on this environment, offline."""
        command = [sys.executable, "-m", "pip", "--python", self.python, *map(str, arguments)]
        subprocess.run([*command, "--quiet"], check=True, capture_output=True, text=True)

    def install(self, wheel: Path) -> None:
        self.pip("install", "--no-index", "--no-deps", wheel)


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """A function that makes a fresh environment."""

    def make() -> Environment:
        return Environment.made(tmp_path_factory.mktemp("environment") / "env")

    return make


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """A function that builds a project as ``"wheel"`` or ``"sdist"``; the file."""

    def made(project: Path, target: str) -> Path:
        folder = tmp_path_factory.mktemp("dist")
        command = ["-m", "build", f"--{target}", "--no-isolation", "--outdir", folder, project]
        done = subprocess.run(
            [sys.executable, *map(str, command)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        (file,) = folder.iterdir()
        return file

    return made


@pytest.fixture(scope="session")
def tracks(tmp_path_factory):
    """Two short synthesized tracks, as files."""
    from djtrans import TrackSpec, synthesize, write_audio

    folder = tmp_path_factory.mktemp("tracks")
    paths = []
    for name, bpm, tonic, seed in (("a", 172.0, 9, 1), ("b", 170.0, 4, 2)):
        spec = TrackSpec(
            bpm=bpm,
            tonic=tonic,
            seed=seed,
            structure=(("intro", 4), ("drop", 4)),
            sample_rate_hz=22050,
        )
        paths.append(folder / f"{name}.wav")
        write_audio(paths[-1], synthesize(spec).audio, 22050)
    return paths
