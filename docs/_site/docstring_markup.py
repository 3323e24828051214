"""Extension of griffe: the reStructuredText in numpydoc docstrings becomes Markdown.

It is little: roles such as ``:func:`generate```, which become links where the site has the page,
citations ``[1]_`` and their list, and the double colon before a block of code.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|class|meth|mod|data|attr):`(~?)([^`]+)`")
_CITED = re.compile(r"\[(\d+)\]_")
_REFERENCE = re.compile(r"^\.\. \[(\d+)\] ", re.M)


class DocstringMarkup(griffe.Extension):
    """Rewrites every docstring once the package is loaded, when all names can be resolved."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Walk through all that the package defines."""
        if pkg.name == "djtrans":
            self._rewrite(pkg, pkg)

    def _rewrite(self, thing: Any, package: griffe.Module) -> None:
        if thing.docstring:
            thing.docstring.value = markdown(thing.docstring.value, thing, package)
        for member in thing.members.values():
            if not member.is_alias:
                self._rewrite(member, package)


def markdown(text: str, thing: Any, package: griffe.Module) -> str:
    """Render the docstring of `thing` as Markdown."""

    def link(role: re.Match[str]) -> str:
        short, name = role.groups()
        text, _, target = name.rstrip(">").partition(" <")
        shown = f"`{text.rpartition('.')[2] if short else text}`"
        path = path_of(target or text, thing, package)
        return f'<autoref optional identifier="{path}">{shown}</autoref>' if path else shown

    text = _ROLE.sub(link, text)
    text = _REFERENCE.sub(r"\1. ", _CITED.sub(r"[\1]", text))
    return re.sub(r"::$", ":", text, flags=re.M)


def path_of(name: str, thing: Any, package: griffe.Module) -> str | None:
    """Where a name that a docstring of `thing` mentions is defined; None if nobody knows."""
    first, _, rest = name.partition(".")
    try:
        if first == package.name:
            found = package[rest]
        else:
            found = package[thing.resolve(first).removeprefix(f"{package.name}.")]
            found = found[rest] if rest else found
        return str(found.final_target.path if found.is_alias else found.path)
    except (KeyError, ValueError, griffe.GriffeError):
        return None
