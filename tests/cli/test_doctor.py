"""``djtrans doctor``: what is there, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import json

import pytest

import djtrans
from djtrans.cli import diagnosis, main
from djtrans.cli.diagnosis import BROKEN, MISSING, OK, Finding
from djtrans.cli.doctor import fix_lines, topic_lines
from djtrans.core.audio.decoding import ffmpeg, pyav
from djtrans.core.errors import FormatError


def named(findings):
    return {finding.name: finding for finding in findings}


def test_the_report_of_this_environment(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert exit_.value.code == 0
    assert {f["topic"] for f in found} == {
        *("versions", "devices", "weights", "files", "plugins", "codecs")
    }
    names = {f["name"]: f for f in found}
    assert names["djtrans"]["detail"].startswith(djtrans.__version__)
    assert names["bundled model"]["state"] == "ok"
    assert names["cpu"]["state"] == "ok"


def test_a_package_that_is_missing_is_broken_and_an_extra_is_not(monkeypatch):
    required = ["torch>=2.4", "nosuchpackage>=3", "av>=13; extra == 'formats'"]
    required += ["nosuchmidi>=1; extra == 'midi'", "pytest>=8; extra == 'dev'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: required)
    found = named(diagnosis._versions())
    assert found["torch"].state == OK
    assert found["nosuchpackage"].state == BROKEN
    assert found["nosuchpackage"].fix == 'pip install "nosuchpackage>=3"'
    assert (found["extra midi"].state, found["extra midi"].fix) == (
        MISSING,
        'pip install "djtrans[midi]"',
    )
    assert "extra dev" not in found


def test_the_weights_of_demucs_are_looked_for_and_not_downloaded(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    found = named(diagnosis._weights())["demucs"]
    if found.state != OK:
        assert (found.state, found.fix) == (MISSING, "hf download adefossez/HTDemucs")
    assert not list(tmp_path.iterdir())


def test_a_damaged_model_is_broken(monkeypatch):
    def load(**_):
        raise FormatError("The bundled model is damaged; install djtrans again.")

    monkeypatch.setattr("djtrans.diffusion.loading.load_model", load)
    assert named(diagnosis._weights())["bundled model"].state == BROKEN


def test_a_missing_decoder_names_the_extra(monkeypatch):
    for module in (ffmpeg, pyav):
        monkeypatch.setattr(module, "is_available", lambda: False)
    found = named(diagnosis._codecs())["wma, webm, mkv and others"]
    assert (found.state, found.fix) == (MISSING, 'pip install "djtrans[formats]"')


def test_what_is_to_be_done_comes_last():
    found = [
        Finding(topic="versions", name="torch", state=OK, detail="2.14"),
        Finding(topic="weights", name="demucs", state=MISSING, detail="none", fix="hf download x"),
    ]
    assert topic_lines("versions", found[:1]) == ["versions", "  torch  ok  2.14"]
    assert topic_lines("weights", found[1:]) == ["weights", "  demucs  missing  none"]
    assert fix_lines(found) == ["", "to mend", "  demucs  hf download x"]
    assert fix_lines(found[:1]) == ["", "nothing to mend"]
