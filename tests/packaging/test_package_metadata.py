"""The README of a built package has no link that leads nowhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
URL = "https://example.org/someone/djtrans"
_TARGET = re.compile(r"!?\[[^\[\]]*\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def metadata():
    path = ROOT / "tools/package_metadata.py"
    spec = importlib.util.spec_from_file_location("package_metadata", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def targets(text):
    return _TARGET.findall(re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))


def test_links_to_files_lead_to_those_of_the_version(metadata):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = targets(metadata.readme(text, URL, "1.2.3"))
    assert len(found) == len(targets(text)) > 20
    assert all(target.startswith(("https://", "#")) for target in found)
    assert f"{URL}/raw/v1.2.3/docs/images/transition-light.png" in found
    for target in found:
        if target.startswith(f"{URL}/blob/v1.2.3/"):
            file = target.removeprefix(f"{URL}/blob/v1.2.3/").partition("#")[0]
            assert (ROOT / file).exists(), file


def test_without_an_address_no_link_to_a_file_is_left(metadata):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    plain = metadata.readme(text, "", "1.2.3")
    assert all(target.startswith(("https://", "#")) for target in targets(plain))
    assert "docs/images" not in plain
    assert metadata.urls("", "1.2.3") == {}


def test_code_is_left_as_it_is(metadata):
    text = "[a](b.md)\n```python\nx[0](y)\n```\n![p](c.png) [w](https://w.org/)"
    expected = "a\n```python\nx[0](y)\n```\n [w](https://w.org/)"
    assert metadata.readme(text, "", "1") == expected


def test_the_project_has_urls_where_its_address_is_known(metadata):
    found = metadata.urls(URL, "1.2.3")
    assert found["Source"] == URL
    assert found["Changelog"] == f"{URL}/blob/v1.2.3/CHANGELOG.md"
    assert {"Documentation", "Issues"} <= set(found)
