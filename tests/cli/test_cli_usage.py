"""What the command prints without arguments, and where a value is missing."""

from __future__ import annotations

import pytest

from djtrans.cli import main


def printed(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    out, err = capsys.readouterr()
    return exit_.value.code, out, err


def test_without_a_command_the_commands_and_a_first_step_are_printed(capsys):
    code, out, err = printed(capsys)
    assert (code, err) == (0, "")
    assert "\n  generate      Make a transition" in out
    assert "Start with 'djtrans demo'" in out
    assert printed(capsys, "--help")[1] == out


def test_a_group_without_a_command_prints_its_commands(capsys):
    code, out, err = printed(capsys, "cache")
    assert (code, err) == (0, "")
    assert "\n  clear  Remove all entries" in out


@pytest.mark.parametrize(
    "arguments", [("evaluate", "--all-pairs", "--help"), ("generate", "a", "b", "-o", "--help")]
)
def test_help_is_never_the_value_of_an_option(capsys, arguments):
    code, out, err = printed(capsys, *arguments)
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: djtrans {arguments[0]} [OPTIONS]")


def test_an_option_is_named_as_it_was_given(capsys):
    code, _, err = printed(capsys, "generate", "a.wav", "b.wav", "--bars", "12", "-o", "x.wav")
    assert code == 2
    assert err == (
        "djtrans: error: --bars 12 is not allowed; give 1, 2, 4, 8, 16, 24, 32, 48 or 64, or "
        "auto.\n"
    )


def test_a_command_that_does_not_exist_brings_the_nearest(capsys):
    code, _, err = printed(capsys, "genrate")
    assert code == 2
    assert err == (
        "djtrans: error: There is no command 'genrate'. Did you mean 'generate'? See "
        "'djtrans --help'.\n"
    )
