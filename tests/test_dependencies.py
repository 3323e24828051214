"""Dependencies: each explained, none under a licence that MIT cannot be passed on with."""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.helpers.distributions import (
    NOT_REQUIRED,
    READ_IN_FILES,
    declared_licence,
    families,
    required_tree,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = PROJECT["dependencies"]
EXTRAS = PROJECT["optional-dependencies"]


def table(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page, without its header."""
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, flags=re.M | re.S)
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def names(requirements: list[str]) -> set[str]:
    return {Requirement(text).name for text in requirements} - {"djtrans"}


def test_the_page_lists_what_is_required():
    rows = table("Required")
    assert [row[0] for row in rows] == sorted(names(REQUIRED))
    assert all(licence and reason for _, licence, reason in rows)


@pytest.mark.parametrize(
    ("heading", "extras"),
    [
        (
            "Extras",
            {
                "dask",
                "wandb",
                "tensorboard",
                "formats",
                "midi",
                "beat-this",
                "onnx",
                "hub",
                "bench",
            },
        ),
        ("Tools", {"docs", "dev"}),
    ],
)
def test_the_page_lists_the_extras(heading, extras):
    rows = table(heading)
    assert {(row[1], row[0]) for row in rows} == {
        (extra, name) for extra in extras for name in names(EXTRAS[extra])
    }
    assert len({(row[1], row[0]) for row in rows}) == len(rows)
    assert all(licence and reason for _, _, licence, reason in rows)


def test_every_extra_is_in_one_of_the_tables():
    assert set(EXTRAS) == {
        "all",
        "dask",
        "wandb",
        "tensorboard",
        "formats",
        "midi",
        "beat-this",
        "onnx",
        "hub",
        "bench",
        "docs",
        "dev",
    }


@pytest.mark.parametrize("heading", ["Required", "Extras", "Tools"])
def test_licences_of_the_page_are_those_of_the_packages(heading):
    for name, *_, licence, _reason in table(heading):
        try:
            declared = families(declared_licence(name))
        except ModuleNotFoundError:
            assert heading != "Required"  # the tools of the site have dropped Python 3.10
            continue
        assert declared, name
        assert declared <= families(licence.partition(";")[0]), (name, declared)


def test_nothing_required_is_under_the_gpl_or_an_unknown_licence():
    tree = required_tree(REQUIRED)
    assert len(tree) > 50
    assert {"torch", "sympy", "lameenc", "numba"} <= set(tree), "not followed to the end"
    licences = {name: declared_licence(name) for name in tree}
    assert [name for name in tree if not families(licences[name])] == []
    assert [name for name in tree if families(licences[name]) & NOT_REQUIRED] == []
    # NVIDIA's terms are for their own libraries, which torch brings along for Linux.
    assert all(
        name.startswith(("nvidia-", "cuda-"))
        for name in tree
        if "NVIDIA" in families(licences[name])
    )


def test_licences_read_in_files_are_not_in_the_metadata():
    """A licence that metadata name by now is theirs to name: remove its line."""
    for name, licence in READ_IN_FILES.items():
        try:
            declared = declared_licence(name)
        except ModuleNotFoundError:  # brought by some builds of torch only
            continue
        assert declared == licence


def test_only_the_extra_formats_has_gpl_parts():
    gpl = {name: extra for name, extra, licence, _ in table("Extras") if "GPL" in licence}
    assert gpl == {"av": "formats"}
    assert "av" not in required_tree(REQUIRED)
    assert not any("GPL" in families(licence) for _, licence, _ in table("Required"))


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("GPL-3.0-or-later", {"GPL"}),
        ("GNU General Public License v2 (GPLv2)", {"GPL"}),
        ("LGPL-2.1-or-later", {"LGPL"}),
        ("GNU Lesser General Public License v3 (LGPLv3)", {"LGPL"}),
        ("GNU Affero General Public License v3", {"AGPL"}),
        ("GPL-2.0-only OR MIT", {"MIT"}),
        ("MIT AND GPL-2.0-only", {"MIT", "GPL"}),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", set()),
        ("CC-BY-NC-4.0", {"CC-NC"}),
        ("MPL-2.0 AND MIT", {"MPL", "MIT"}),
        ("see the file LICENSE", set()),
        ("", set()),
    ],
)
def test_families_of_licences(licence, expected):
    assert families(licence) == expected


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """The function that reports vulnerabilities, with a pip-audit that writes what a test gives."""

    def run(*, writes: str | None = None, complains: str = "") -> str:
        fake = tmp_path / "pip-audit"
        written = "" if writes is None else f"open(out, 'w').write({writes!r}); "
        fake.write_text(
            f"#!{sys.executable}\nimport sys; out = sys.argv[sys.argv.index('--output') + 1]; "
            f"{written}sys.exit({complains!r} or 1)\n"
        )
        fake.chmod(0o755)
        report = runpy.run_path(str(ROOT / ".ci/audit.py"))["vulnerabilities"]
        monkeypatch.setitem(report.__globals__, "BIN", tmp_path)
        monkeypatch.setitem(report.__globals__, "OUT", tmp_path)
        return report(tmp_path / "installed.txt")

    return run


def test_known_vulnerabilities_are_listed_with_what_was_not_audited(audit):
    flaw = {"id": "PYSEC-1", "fix_versions": ["2.1"]}
    packages = [
        {"name": "a", "version": "2.0", "vulns": [flaw]},
        {"name": "b", "version": "1.0", "vulns": []},
        {"name": "c", "skip_reason": "unknown there"},
    ]
    report = audit(writes=json.dumps({"dependencies": packages}))
    assert report.splitlines() == [
        "pip-audit: 1 known vulnerabilities in 2 of 3 packages.",
        "  a 2.0: PYSEC-1, fixed in 2.1",
        "  not audited: c: unknown there",
    ]


def test_an_audit_of_nothing_does_not_count_as_clean(audit):
    packages = [{"name": "a", "skip_reason": "unknown there"}]
    assert "NOT RUN" in audit(writes=json.dumps({"dependencies": packages}))
    silent = audit(complains="Connection refused")
    assert "NOT RUN" in silent
    assert silent.endswith("Connection refused")
