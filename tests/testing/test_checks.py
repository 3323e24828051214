"""Reports, expected failures, and the generated pytest tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.kinds import KINDS
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.errors import InputError, PluginError
from djtrans.plugins import techniques
from djtrans.testing import CheckFailed, check_mixer, check_plugin, check_technique, rules
from djtrans.testing import __all__ as public

ROOT = Path(__file__).resolve().parents[2]


def two_stems(config):
    return MixerSpec(("beat", "tune"), (NodeSpec("fader", "djtrans/gain"),))


def short_names(config):
    return MixerSpec(("beat", "tune"), (NodeSpec("fader", "gain"),))


GOOD = MixerDeclaration(name="good", summary="Two stems.", factory=two_stems)
BAD = MixerDeclaration(name="bad", summary="Two stems.", factory=short_names)
REASON = "It is a test."


def test_a_report_counts_and_is_printed(capsys):
    report = check_mixer(GOOD)
    kept = len(report.passed)
    assert kept == len(rules("mixer")) + 5  # of those for every kind, two are for other mixers
    assert capsys.readouterr().out == (
        f"rules run: {kept} (passed {kept}, failed as expected 0, problems 0)\n"
    )


def test_a_broken_rule_raises_with_its_statement(capsys):
    with pytest.raises(CheckFailed, match=r"Nodes name their effects as namespace/name.*gain are"):
        check_mixer(BAD)
    assert "problems 1" in capsys.readouterr().out
    with pytest.raises(CheckFailed, match="problems 1"):
        check_plugin([GOOD, BAD])


def test_an_expected_failure_is_counted_and_strict():
    report = check_mixer(BAD, expected_failures={"effects_are_named_in_full": REASON})
    assert report.expected == {("bad", "effects_are_named_in_full"): REASON}
    with pytest.raises(CheckFailed, match=r"was expected to fail for 'good' \(It is a test\.\)"):
        check_mixer(GOOD, expected_failures={"effects_are_named_in_full": REASON})


@pytest.mark.parametrize(
    ("expected", "match"),
    [
        ({("good", "effects_are_named_in_full"): " "}, "has no reason"),
        ({("good", "effects_are_named"): REASON}, "Did you mean 'effects_are_named_in_full'"),
        ({("god", "effects_are_named_in_full"): REASON}, "Did you mean 'good'"),
    ],
)
def test_an_expected_failure_must_be_meant(expected, match):
    with pytest.raises(InputError, match=match):
        check_plugin(GOOD, expected)


def test_no_rule_at_all_is_a_failure():
    with pytest.raises(CheckFailed, match="nothing to check"):
        check_plugin([])
    with pytest.raises(CheckFailed, match="nothing to check"):
        check_plugin(object())


def test_a_config_is_used_and_must_be_of_a_component():
    import attrs

    @attrs.frozen
    class Stems:
        count: int = setting(2, "How many.", unit="stems", minimum=1)

    seen = []

    def spec(config):
        seen.append(config.count)
        return two_stems(config)

    counted = MixerDeclaration(name="counted", summary="N.", factory=spec, config=Stems)
    check_mixer(counted, {"count": 5})
    assert seen == [2] * seen.count(2) + [5] * seen.count(5)
    assert seen.count(5) == len(seen) >= 3
    with pytest.raises(InputError, match="no component 'mixer'"):
        check_plugin(counted, configs={"mixer": {}})


def test_the_declaration_of_another_kind_is_refused():
    from djtrans.testing import check_effect

    with pytest.raises(InputError, match="check_effect takes one declaration of the kind 'effect'"):
        check_effect(GOOD)


class Unmarked:
    def djtrans_mixers(self):
        return [GOOD]


class Misspelt:
    @hookimpl
    def djtrans_mixer(self):
        return [GOOD]


class WrongKind:
    @hookimpl
    def djtrans_effects(self):
        return [GOOD]


class Right:
    @hookimpl
    def djtrans_mixers(self):
        return [GOOD]


@pytest.mark.parametrize(
    ("plugin", "match"),
    [
        (Unmarked(), "decorate it with @hookimpl"),
        (Misspelt(), "Did you mean 'djtrans_mixers'"),
        (WrongKind(), "only EffectDeclaration is allowed"),
        ([GOOD, "good"], "'good' is not a declaration"),
    ],
)
def test_a_plugin_whose_hooks_would_not_be_called_is_refused(plugin, match):
    with pytest.raises(PluginError, match=match):
        check_plugin(plugin)


def test_a_plugin_is_checked_through_its_hooks():
    assert check_plugin(Right()).passed == check_mixer(GOOD).passed


def test_every_kind_with_a_contract_of_its_own_has_rules_and_a_check():
    for kind in KINDS:
        assert rules(kind), kind
        assert f"check_{kind}" in public


def test_every_rule_is_one_sentence():
    found = [rule for kind in (*KINDS, "declaration") for rule in rules(kind)]
    assert len({rule.name for rule in found}) == len(found) > 50
    for rule in found:
        assert rule.statement.endswith("."), rule.name
        assert len(rule.statement) < 110, rule.name


SUITE = """
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.testing import parametrize_checks

def spec(effect):
    return lambda config: MixerSpec(("beat",), (NodeSpec("fader", effect),))

good = MixerDeclaration(name="good", summary="Good.", factory=spec("djtrans/gain"))
bad = MixerDeclaration(name="bad", summary="Bad.", factory=spec("gain"))
rule = "effects_are_named_in_full"

test_good = parametrize_checks(good)
test_bad = parametrize_checks(bad)
test_known = parametrize_checks([good, bad], {("bad", rule): "It is a test."})
test_wrong = parametrize_checks(good, {("good", rule): "It was fixed."})
"""


def test_the_tests_of_a_plugin_author(tmp_path):
    (tmp_path / "test_plugin.py").write_text(SUITE, encoding="utf-8")
    (tmp_path / "test_empty.py").write_text(
        "from djtrans.testing import parametrize_checks\ntest_none = parametrize_checks([])\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "--color=no", "--continue-on-collection-errors"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    outcome = {line.split(" - ")[0] for line in lines if line.startswith(("FAILED", "XFAIL"))}
    named = "effects_are_named_in_full]"
    assert outcome == {
        f"FAILED test_plugin.py::test_bad[bad-{named}",
        f"FAILED test_plugin.py::test_wrong[good-{named}",
        f"XFAIL test_plugin.py::test_known[bad-{named}",
    }
    assert "[XPASS(strict)] It was fixed." in done.stdout
    assert "ERROR test_empty.py" in done.stdout
    assert "nothing to check" in done.stdout
    assert "2 failed" in lines[-1]
    assert "1 xfailed" in lines[-1]


def test_former_names_are_accepted_with_a_warning():
    with pytest.warns(DeprecationWarning, match=r"is now djtrans\.testing\.CheckFailed"):
        from djtrans.testing import RuleBroken
    assert RuleBroken is CheckFailed
    (technique,) = [d for d in techniques.djtrans_techniques() if d.name == "linear-fade"]
    former = {
        "another_seed_is_another_drawing": "A baseline is one curve.",
        "one_track_owns_the_lows": "A baseline: two basses.",
    }
    with pytest.warns(DeprecationWarning, match="is now seeds_vary_the_curves"):
        report = check_technique(technique, expected_failures=former)
    assert ("linear-fade", "seeds_vary_the_curves") in report.expected
    with pytest.warns(DeprecationWarning, match=r"is now Report\.passed"):
        assert report.kept == report.passed
