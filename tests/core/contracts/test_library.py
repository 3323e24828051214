"""Declarations of library readers, and what they refuse."""

from __future__ import annotations

import pytest

from djtrans.core.contracts.kinds import HOOKS, plural
from djtrans.core.contracts.library import LibraryDeclaration
from djtrans.core.errors import ConfigError


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "give either the suffixes of its files, or in_tracks=True"),
        ({"suffixes": (".xml",), "in_tracks": True}, "give either the suffixes"),
        ({"suffixes": ("xml",)}, "suffix 'xml' is not allowed"),
        ({"suffixes": (".XML",)}, "suffix '.XML' is not allowed"),
    ],
)
def test_facts_that_contradict_are_refused(facts, reason):
    with pytest.raises(ConfigError, match=reason):
        LibraryDeclaration(name="x", summary="X.", factory="x:Y", **facts)


def test_the_hook_is_a_plural():
    assert HOOKS["djtrans_libraries"] is LibraryDeclaration
    assert plural("library") == "libraries"
