"""Modules that are imported to start: none of the slow ones before they are needed."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from djtrans.cli import cli

#: Every third-party package whose import takes a tenth of a second or more, and numpy.
SLOW = {"torch", "scipy", "librosa", "numba", "matplotlib", "torchaudio", "numpy", "soundfile"}
#: Packages and modules that the list of commands does not need.
UNNEEDED = {"rich", "cattrs", "safetensors", "importlib.metadata", "djtrans.registry"}


def imported(script, tmp_path):
    """Return the names of all modules that are loaded after a script."""
    code = f"import sys\n{script}\nprint(*sys.modules, sep='\\n', file=sys.__stderr__)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    return set(done.stderr.splitlines())


def imported_by_command(arguments, tmp_path):
    script = (
        "from djtrans.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as end: print(end.code, file=sys.__stderr__)"
    )
    return imported(script, tmp_path)


def test_the_package_imports_no_slow_package_until_a_name_is_used(tmp_path):
    assert not imported("import djtrans", tmp_path) & (SLOW | UNNEEDED | {"attrs", "click"})
    assert "torch" in imported("import djtrans; djtrans.load_track", tmp_path)


def test_the_list_of_commands_imports_no_command(tmp_path):
    modules = imported_by_command(["--help"], tmp_path)
    assert not modules & (SLOW | UNNEEDED)
    assert "djtrans.cli.transitions" not in modules


@pytest.mark.parametrize(
    "arguments", [["generate", "--help"], ["train", "--help"], ["plugins"], ["layout"]]
)
def test_help_and_lists_import_no_slow_package(arguments, tmp_path):
    assert not imported_by_command(arguments, tmp_path) & SLOW


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "a.wav", "b.wav", "-o", "mix.txt"],
        ["generate", "missing.wav", "missing.wav", "-o", "mix.wav"],
        ["render", "p.json", "a.wav", "b.wav", "-o", "mix.txt"],
        ["render", "missing.json", "a.wav", "b.wav", "-o", "mix.wav"],
        ["visualize", "missing.json", "-o", "mix.png"],
        ["evaluate", "missing.json", "a.wav", "b.wav"],
        ["edit", "missing.json", "--curves", "c.csv", "-o", "new.json"],
        ["fit", "missing.wav", "a.wav", "b.wav", "-o", "new.json"],
        ["plan", "missing.wav", "b.wav"],
        ["evaluate", "--all-pairs", ".", "--output", "out", "--bars", "12"],
        ["evaluate", "--all-pairs", ".", "--output", "out", "--techniques", "fade,cutt"],
        *(
            ["generate", "a.wav", "b.wav", "-o", "mix.wav", *given]
            for given in (
                ["--technique", "cut", "--bars", "8"],
                ["--technique", "bass-swp"],
                ["--bars", "12"],
                ["--cue-a", "1:3x"],
                ["--separator", "none"],
                ["--analyzer", "none"],
                ["--scheduler", "none"],
                ["--mixer", "none"],
                ["--master", "none"],
                ["--device", "gpu"],
                ["--set", "reverb.size=3"],
                ["--stems-a", "missing"],
            )
        ),
    ],
)
def test_an_error_in_file_names_is_found_without_torch(arguments, tmp_path):
    modules = imported_by_command(arguments, tmp_path)
    assert "2" in modules  # the exit status
    assert not modules & {"torch", "scipy", "librosa", "numba", "matplotlib"}


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_each_command_has_the_summary_of_its_help(name):
    command = cli.get_command(click.Context(cli), name)
    assert command.name == name
    assert cli.lazy_commands[name].summary == command.get_short_help_str(limit=1000)
