"""A valid exporter passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import itertools

import attrs
import pytest

from djtrans.core.contracts.exporter import ExporterDeclaration
from djtrans.testing import check_exporter, rules


class Labels:
    """A line for each mark."""

    def __init__(self, config=None):
        pass

    def export(self, inputs, path):
        path.write_text("".join(f"{name} {seconds}\n" for name, seconds in inputs.marks))
        return [f"{inputs.name} has {len(inputs.marks)} labels."]


LABELS = ExporterDeclaration(name="labels", summary="Labels.", factory=Labels, suffix=".txt")


class Idle(Labels):
    def export(self, inputs, path):
        return []


class Untidy(Labels):
    def export(self, inputs, path):
        path.with_name("draft.txt").write_text("")
        return super().export(inputs, path)


class Numbered(Labels):
    numbers = itertools.count()

    def export(self, inputs, path):
        path.write_text(f"{next(self.numbers)}")
        return []


class Renaming(Labels):
    """A folder whose files have other names each time."""

    numbers = itertools.count()

    def export(self, inputs, path):
        (path / f"{next(self.numbers)}.txt").write_text("labels")
        return []


class Signed(Labels):
    def export(self, inputs, path):
        path.write_text(path.name)
        return []


class Boastful(Labels):
    def export(self, inputs, path):
        super().export(inputs, path)
        return [f"wrote {path}"]


class Silent(Labels):
    def export(self, inputs, path):
        super().export(inputs, path)


class Verbose(Labels):
    def export(self, inputs, path):
        super().export(inputs, path)
        return ["two\nlines"]


class Clipping(Labels):
    def export(self, inputs, path):
        inputs.audio.mix.clamp_(-0.1, 0.1)
        return super().export(inputs, path)


class StereoOnly(Labels):
    def export(self, inputs, path):
        _left, _right = inputs.audio.mix
        return super().export(inputs, path)


class Undeclared(Labels):
    def export(self, inputs, path):
        return [str(inputs.audio.mix.shape), *super().export(inputs, path)]


FOLDER = {"suffix": "", "factory": Renaming}
AUDIO = {"needs": ("audio",)}
#: Rule, changes to the declaration, and what the message must say.
MUTANTS = [
    ("something_is_written", {"factory": Idle}, "nothing was written"),
    ("something_is_written", {"factory": Undeclared}, "does not declare needs=('audio',)"),
    ("only_the_given_path_is_written", {"factory": Untidy}, "there is also draft.txt"),
    ("exporting_repeats", {"factory": Numbered}, "differs"),
    ("exporting_repeats", FOLDER, "became"),
    ("the_temporary_path_is_not_used", {"factory": Signed}, "contains it"),
    ("the_temporary_path_is_not_used", {"factory": Boastful}, "a line for the user contains it"),
    ("lines_are_lines", {"factory": Silent}, "it is None"),
    ("lines_are_lines", {"factory": Verbose}, "two\\nlines"),
    ("exported_inputs_are_untouched", {"factory": Clipping, **AUDIO}, "mix was modified"),
    ("every_transition_is_exported", {"factory": StereoOnly, **AUDIO}, "mono raises ValueError"),
]


def test_a_sound_exporter_keeps_every_rule():
    report = check_exporter(LABELS)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("exporter")}


@pytest.mark.parametrize(("rule", "changes", "reason"), MUTANTS)
def test_a_mutant_is_caught(rule, changes, reason, caught):
    caught(rule, attrs.evolve(LABELS, **changes), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("exporter")}
