"""Defaults of options from a configuration file."""

from __future__ import annotations

import re

import click
import pytest

from djtrans.cli import cli, main
from djtrans.cli.user_defaults import command_defaults, config_path, group_defaults, read_defaults
from djtrans.core.errors import ConfigError


@pytest.fixture
def configured(tmp_path, monkeypatch):
    def write(text):
        (tmp_path / "config.toml").write_text(text)
        monkeypatch.setenv("DJTRANS_CONFIG", str(tmp_path / "config.toml"))

    return write


def printed(capsys, *arguments):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    out, err = capsys.readouterr()
    return exit_.value.code, out, err


def test_an_option_of_a_command_has_the_default_of_the_file(configured, capsys):
    configured('[layout]\nmixer = "dj55"\nset = ["reverb=delay"]\n')
    assert "There is no mixer 'dj55'" in printed(capsys, "layout")[2]
    code, out, _ = printed(capsys, "layout", "--mixer", "dj54")  # the command line is stronger
    assert (code, out.splitlines()[-1].split()[0]) == (0, "56")  # the default of --set applies


def test_names_of_options_are_those_of_the_command_line():
    generate = cli.get_command(click.Context(cli), "generate")
    table = {"save-params": "p.json", "cue_a": 3.5, "set": ["delay.beats=1"], "quiet": True}
    assert command_defaults(generate, table, "generate") == {
        "save_params": "p.json",
        "cue_a": 3.5,
        "set_": ["delay.beats=1"],
        "quiet": True,
    }


def test_options_of_djtrans_itself_are_above_the_tables():
    found = group_defaults(cli, {"corrections": "grids", "generate": {"bars": 8}})
    assert found == {"corrections": "grids"}


def test_a_command_in_a_group_has_its_own_table():
    plugins = cli.get_command(click.Context(cli), "plugins")
    table = {"json": True, "show": {"kind": "effect"}}
    expected = {"as_json": True, "show": {"kind": "effect"}}
    assert command_defaults(plugins, table, "plugins") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[layout]\nmixr = "dj54"', r"\[layout\] There is no option 'mixr'. Did you mean 'mixer'"),
        ("[layot]", r"There is no command or option 'layot'. Did you mean 'layout'"),
        ("layout = 3", "There is no command or option 'layout'"),
        ("[layout]\nset = 3", r"\[layout\] set = 3 is not allowed; give a list"),
        ("[layout]\njson = 3", r"\[layout\] json = 3 is not allowed; give true or false"),
        ("[layout]\nmixer = [3]", r"mixer = \[3\] is not allowed; give one value"),
        ("[layout", "is not valid TOML"),
    ],
)
def test_an_entry_without_meaning_is_an_error_of_one_line(configured, capsys, text, message):
    configured(text)
    code, out, err = printed(capsys, "layout")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(message, err)


def test_a_file_that_is_named_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv("DJTRANS_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(ConfigError, match=r"absent\.toml: .*[Nn]o such file"):
        read_defaults()


def test_the_file_may_be_absent_or_switched_off(monkeypatch, tmp_path):
    monkeypatch.delenv("DJTRANS_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path().name == "config.toml"
    assert "djtrans" in config_path().parts
    monkeypatch.setenv("DJTRANS_CONFIG", "")
    assert (config_path(), read_defaults()) == (None, {})
