"""What the site makes of pages and docstrings, see docs/_site."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

SITE = Path(__file__).resolve().parent.parent / "docs/_site"


@pytest.fixture(scope="module")
def pages():
    pytest.importorskip("mkdocs", reason="The tools of the site have dropped Python 3.10.")
    return runpy.run_path(str(SITE / "repository_pages.py"))


@pytest.fixture(scope="module")
def markup():
    pytest.importorskip("griffe", reason="The tools of the site have dropped Python 3.10.")
    return runpy.run_path(str(SITE / "docstring_markup.py"))


@pytest.mark.parametrize(
    ("uri", "written", "shown"),
    [
        ("mixer.md", "[x](plugins.md#names)", "[x](plugins.md#names)"),
        ("mixer.md", "[x](../README.md#python)", "[x](repository/README.md#python)"),
        ("mixer.md", "[x](../examples/train.py)", "[x](repository/examples/train.py.md)"),
        ("plugins/effects.md", "[x](../mixer.md)", "[x](../mixer.md)"),
        ("plugins/effects.md", "[x](../../LICENSE)", "[x](../repository/LICENSE.md)"),
        (
            "repository/README.md",
            "![x](docs/images/data-flow.svg)",
            "![x](../images/data-flow.svg)",
        ),
        ("repository/README.md", "[mixer.md](docs/mixer.md)", "[Title](../mixer.md)"),
        ("mixer.md", "[x](no-such.md) [y](https://z)", "[x](no-such.md) [y](https://z)"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(pages, uri, written, shown):
    file = SimpleNamespace(page=SimpleNamespace(title="Title"))
    files = SimpleNamespace(get_file_from_path=lambda path: file)
    page = SimpleNamespace(file=SimpleNamespace(src_uri=uri))
    assert pages["on_page_markdown"](written, page=page, files=files, config=None) == shown


def test_roles_and_citations_become_markdown(markup):
    import griffe

    source = "class A:\n    def f(self): ...\ndef g(): ...\n"
    module = griffe.visit("djtrans", filepath=Path("djtrans.py"), code=source)
    text = ":func:`g`, :meth:`~djtrans.A.f`, :meth:`A.f`, :data:`MISSING` [1]_ such as::\n"
    said = markup["markdown"](text, module["g"], module)
    assert said == (
        '<autoref optional identifier="djtrans.g">`g`</autoref>, '
        '<autoref optional identifier="djtrans.A.f">`f`</autoref>, '
        '<autoref optional identifier="djtrans.A.f">`A.f`</autoref>, `MISSING` [1] such as:\n'
    )
    assert markup["markdown"](".. [1] Ada, 1843.", module, module) == "1. Ada, 1843."
