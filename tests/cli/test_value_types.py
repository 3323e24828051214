"""Completion of values in the shell, and names of components in the help."""

from __future__ import annotations

import click
import pytest
from click.shell_completion import BashComplete

import djtrans
from djtrans.cli import cli, main


def completed(*words):
    """Complete the last word, as a shell does."""
    shell = BashComplete(cli, {}, "djtrans", "_DJTRANS_COMPLETE")
    return [(item.type, item.value) for item in shell.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("generate", "--technique", "drop"), ["drop-swap"]),
        (("generate", "--technique", "au"), ["auto"]),
        (("plan", "--analyzer", "const"), ["constant-grid"]),
        (("evaluate", "--separator", "spec"), ["spectral"]),
        (("render", "--level", "match"), ["match-a"]),
        (("generate", "--master", "limi"), ["limiter"]),
        (("generate", "--bars", "3"), ["32"]),
        (("fit", "--device", "c"), ["cpu", "cuda"]),
        (("visualize", "--theme", "d"), ["dark"]),
        (("doc",), ["doctor"]),
    ],
)
def test_values_are_completed(words, values):
    assert completed(*words) == [("plain", value) for value in values]


@pytest.mark.parametrize(
    "words",
    [
        ("generate", ""),
        ("generate", "a.wav", "b.wav", "--output", ""),
        ("evaluate", "--all-pairs", ""),
        ("analyze", "a"),
        ("render", "p"),
    ],
)
def test_paths_are_left_to_the_shell(words):
    assert [kind for kind, _ in completed(*words)] == ["file"]


def test_only_effects_of_the_master_chain_are_offered_there():
    offered = {value for _, value in completed("generate", "--master", "")}
    registry = djtrans.default_registry()
    assert offered == {
        component.name.partition("/")[2]
        for component in registry.effects
        if "master" in component.declaration.placements
    }


@pytest.mark.parametrize("command", ["generate", "plan"])
def test_the_help_lists_the_techniques(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = " ".join(capsys.readouterr().out.replace("-\n", "-").split()).replace("- ", "-")
    names = [c.name.partition("/")[2] for c in djtrans.default_registry().techniques]
    assert f"Registered: {', '.join(names)}." in text.replace(" ", " ")


def test_every_command_has_a_switch_for_details_once():
    for name in cli.list_commands(click.Context(cli)):
        for _ in range(2):
            command = cli.get_command(click.Context(cli), name)
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for each in commands:
            found = [p for p in each.params if "--verbose" in p.opts]
            assert len(found) == 1, each.name
