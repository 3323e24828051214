"""Write the summaries of the Python reference into its pages: ``python tools/api_pages.py``.

A code host shows the pages of docs/api without running mkdocstrings. Above each directive
``::: name`` this script puts the summary of what it documents, and of a module's public names.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

PAGES = Path(__file__).resolve().parent.parent / "docs/api"
_DIRECTIVE = re.compile(r"^::: ([\w.]+)$")
#: Begins a paragraph that this script wrote.
_MARK = "**`"


def updated(page: str) -> str:
    """Return a page with current summaries."""
    blocks = page.rstrip("\n").split("\n\n")
    written = []
    for before, block in zip(["", *blocks], blocks, strict=False):
        if block.startswith(_MARK) or (before.startswith(_MARK) and block.startswith("- ")):
            continue
        if found := _DIRECTIVE.match(block):
            written.append(summary(found[1]))
        written.append(block)
    return "\n\n".join(written) + "\n"


def summary(name: str) -> str:
    """Summarize a module, with a line for each of its public names, or another object."""
    found = _resolve(name)
    lines = [f"{_MARK}{name}`**: {_first_line(found)}"]
    if isinstance(found, ModuleType):
        own = [
            (key, value)
            for key, value in vars(found).items()
            if not key.startswith("_") and getattr(value, "__module__", None) == name
            if inspect.isclass(value) or inspect.isfunction(value)
        ]
        lines += [f"- `{key}`: {_first_line(value)}" for key, value in own]
    elif inspect.isclass(found):
        methods = [
            (key, value)
            for key, value in vars(found).items()
            if inspect.isfunction(value) and not key.startswith("_") and value.__doc__
        ]
        lines += [f"- `{key}`: {_first_line(value)}" for key, value in methods]
    head, *members = lines
    return "\n\n".join([head, "\n".join(members)] if members else [head])


def _resolve(name: str) -> Any:
    """Import what a dotted name stands for."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise LookupError(f"There is nothing called {name}.")


def _first_line(found: Any) -> str:
    text = inspect.getdoc(found) or ""
    line = " ".join(text.split("\n\n")[0].split())
    # Roles of Sphinx are for the site.
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", line).replace("``", "`")


if __name__ == "__main__":
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(updated(path.read_text(encoding="utf-8")), encoding="utf-8")
