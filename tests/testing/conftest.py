"""Fixtures that assert that a rule catches a faulty component."""

from __future__ import annotations

import pytest

from djtrans.testing import Build, CheckFailed, rules_of


def _check(rule, declaration):
    (entry,) = [entry for entry in rules_of(declaration) if entry.name == rule]
    entry.check(declaration, Build(declaration))


@pytest.fixture(scope="session")
def check():
    """Run one rule by name."""
    return _check


@pytest.fixture(scope="session")
def caught():
    """Assert that a rule fails for a component, with the expected reason."""

    def assert_caught(rule, declaration, reason):
        with pytest.raises(CheckFailed) as failure:
            _check(rule, declaration)
        (entry,) = [entry for entry in rules_of(declaration) if entry.name == rule]
        text = str(failure.value)
        assert text.startswith(entry.statement)
        assert f"({rule})" in text
        assert reason in text.removeprefix(entry.statement)

    return assert_caught
