"""docs/testing.md lists every rule, and its code runs."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from djtrans.core.contracts.kinds import KINDS
from djtrans.testing import __all__ as public
from djtrans.testing import rules

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_code():
    said = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, flags=re.M))
    assert said == {
        rule.name: rule.statement for kind in (*KINDS, "declaration") for rule in rules(kind)
    }


def test_every_check_is_named():
    for name in public:
        if name.startswith(("check_", "parametrize", "example_")):
            assert re.search(rf"\b{name}\b", PAGE), name


def test_the_code_runs_and_prints_what_it_says(tmp_path, capsys):
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.M | re.S)
    (promised,) = re.findall(r"# prints: (.+)", code)
    script = tmp_path / "page.py"
    script.write_text(code, encoding="utf-8")
    runpy.run_path(str(script))
    assert capsys.readouterr().out.strip() == promised
