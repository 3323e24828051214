"""Hooks of mkdocs: files outside docs/ that the pages link to become pages of the site.

On GitHub a link to ``../examples/swap_effect.py`` shows the file. The site shows it as well, under
``repository/``, so that the same links lead somewhere in both, and no host has to be named.
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, InclusionLevel

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "repository/"
SHOWN = (
    "*.md",
    "CITATION.cff",
    "LICENSE",
    "Makefile",
    "constraints.txt",
    "benchmarks/*.py",
    "examples/*.py",
    "tools/*.py",
    "examples/djtrans-tape/**/*.*",
)
LANGUAGES = {".py": "python", ".toml": "toml", ".cff": "yaml"}
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^)\s:#]+)((?:#[^)\s]*)?)\)")
_FETCHED = re.compile(
    r"<(?:script|img|iframe|source)[^>]+src=\"?(https?:[^\"\s>]+)|@import[^;]+https?:"
)
_FILE_NAME = re.compile(r"[\w./-]+\.md")


def on_files(files: Any, config: Any) -> Any:
    """Add a page for each file that is shown."""
    for pattern in SHOWN:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.suffix in ("", ".md", ".txt", *LANGUAGES):
                name = path.relative_to(ROOT).as_posix()
                page = File.generated(config, uri_of(name), content=content(path, name))
                page.inclusion = InclusionLevel.NOT_IN_NAV  # most are reached by links alone
                files.append(page)
    return files


def content(path: Path, name: str) -> str:
    """Return the Markdown of a page: that of the file, or its text in a code block."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return text
    return f"# {name}\n\n````{LANGUAGES.get(path.suffix, 'text')}\n{text}````\n"


def uri_of(name: str) -> str:
    """Where the site has a file of the repository."""
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    return FOLDER + (name if name.endswith(".md") else f"{name}.md")


def on_page_markdown(markdown: str, page: Any, files: Any, **_: Any) -> str:
    """Turn links between files of the repository into links between pages of the site.

    A link whose text is the name of a file is given the title of the page instead.
    """
    uri = page.file.src_uri
    name = uri.removeprefix(FOLDER) if uri.startswith(FOLDER) else f"docs/{uri}"

    def lead(link: re.Match[str]) -> str:
        text, target, anchor = link.groups()
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if not (ROOT / target).is_file():
            return link[0]
        there = uri_of(target)
        file = files.get_file_from_path(there)
        if _FILE_NAME.fullmatch(text) and file and file.page and file.page.title:
            text = file.page.title
        return f"[{text}]({posixpath.relpath(there, posixpath.dirname(uri))}{anchor})"

    return _LINK.sub(lead, markdown)


def on_post_page(output: str, page: Any, **_: Any) -> None:
    """Warn of what a page would fetch from elsewhere: the site is to work without a network."""
    for fetched in _FETCHED.finditer(output):
        logging.getLogger("mkdocs.hooks").warning(
            "%s fetches %s; put it beside the page or leave it out.", page.file.src_uri, fetched[0]
        )
