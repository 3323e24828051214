"""What every test runs under: one thread, no network, no one else's settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Variable of the tests alone; the package does not read it.
TRACKS = "DJTRANS_TRACKS"

# Wall-clock limits per example only measure how busy the machine is.
hypothesis.settings.register_profile("djtrans", deadline=None)
hypothesis.settings.register_profile("djtrans-ci", deadline=None, derandomize=True, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    """Set the process up before any test module is imported.

    The environment, because fixtures of every scope and child processes read it: a developer's
    plugins, cache or strictness must not decide whether a test passes, and nothing may reach for
    the network.
    """
    # Processes of pytest-xdist inherit what is left, and look for the tracks there.
    for name in [name for name in os.environ if name.startswith("DJTRANS_") and name != TRACKS]:
        del os.environ[name]
    os.environ["MPLBACKEND"] = "Agg"
    os.environ["DJTRANS_CONFIG"] = ""  # no configuration file
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["WANDB_MODE"] = "offline"
    # torch reads it when it is imported, which most tests need not do: one thread, so that sums and
    # timings come out the same on every machine.
    os.environ["OMP_NUM_THREADS"] = "1"
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    hypothesis.settings.load_profile("djtrans-ci" if os.environ.get("CI") else "djtrans")


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give fixtures of wider scope a cache folder that is not the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJTRANS_CACHE", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder for each test, where ``DJTRANS_CACHE`` points."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("DJTRANS_CACHE", str(folder))
    return folder


@pytest.fixture
def warm_cache(cache_folder: Path, session_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that tests share, for those that are not about caching: less is done again."""
    monkeypatch.setenv("DJTRANS_CACHE", str(session_cache))
    return session_cache


@pytest.fixture(scope="session")
def shared_tracks() -> Path:
    """Return a folder of real music: ``DJTRANS_TRACKS`` or ``../shared/tracks``; skip if absent."""
    folder = Path(os.environ.get(TRACKS) or ROOT.parent / "shared" / "tracks")
    if not any(folder.glob("*.ogg")):
        pytest.skip(f"no real music in {folder}; set {TRACKS} to a folder of tracks")
    return folder
