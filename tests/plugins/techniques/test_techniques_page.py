"""The page on techniques agrees with their declarations."""

from __future__ import annotations

import re
from pathlib import Path

from djtrans.plugins.techniques import djtrans_techniques

PAGE = (Path(__file__).resolve().parents[3] / "docs/techniques.md").read_text(encoding="utf-8")


def test_the_table_has_every_technique_and_its_lengths():
    said = dict(re.findall(r"^\| `([a-z-]+)` \| ([\d, ]+) \|", PAGE, flags=re.M))
    declared = {d.name: d.bars for d in djtrans_techniques()}
    assert set(declared) - set(said) == {"linear-fade", "sum"}
    for name, lengths in said.items():
        bars = [int(number) for number in lengths.split(",")]
        assert [min(bars), bars[len(bars) // 2], max(bars)] == list(declared[name]), name


def test_what_it_says_of_refusals_is_declared():
    facts = {d.name: d for d in djtrans_techniques()}
    row = next(line for line in PAGE.splitlines() if "separator of weak isolation" in line)
    assert set(re.findall(r"`([a-z-]+)`", row)) == {
        n for n, d in facts.items() if d.needs_isolation
    }
    row = next(line for line in PAGE.splitlines() if "cannot be matched" in line)
    free = {n for n, d in facts.items() if not d.beat_matched}
    assert set(re.findall(r"`([a-z-]+)`", row)) == free
