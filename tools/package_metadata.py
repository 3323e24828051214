"""Metadata of the built package: a README whose links work on a package index, and project URLs.

In the repository the README links to files beside it. On a package index such links lead nowhere.
Where ``DJTRANS_PROJECT_URL`` names the repository, as in the release workflow, they become links to
the files of the released version, and the project's URLs are set. Where it is unset, as in a build
from a copy of the sources, links to files become their text, and pictures are left out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

try:
    from hatchling.metadata.plugin.interface import MetadataHookInterface
except ImportError:  # the functions are tested without the build backend
    MetadataHookInterface = object

#: Address of the repository, without a slash at its end.
PROJECT_URL = "DJTRANS_PROJECT_URL"
_LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<target>[^)\s]+)\)")
_ELSEWHERE = ("https:", "http:", "mailto:", "#")


class PackageMetadata(MetadataHookInterface):  # type: ignore[misc,unused-ignore]
    """Set the README and the URLs of the project."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Change the metadata in place."""
        url = os.environ.get(PROJECT_URL, "").rstrip("/")
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": readme(text, url, metadata["version"]),
        }
        metadata["urls"] = urls(url, metadata["version"])


def urls(project: str, version: str) -> dict[str, str]:
    """Return the project's URLs; none if the address of the repository is unknown."""
    if not project:
        return {}
    tree = f"{project}/blob/v{version}"
    return {
        "Source": project,
        "Documentation": f"{tree}/docs/README.md",
        "Changelog": f"{tree}/CHANGELOG.md",
        "Issues": f"{project}/issues",
    }


def readme(text: str, project: str, version: str) -> str:
    """Make the links of the README absolute, or leave out those to files."""

    def lead(link: re.Match[str]) -> str:
        target = link["target"]
        if target.startswith(_ELSEWHERE):
            return link[0]
        if project:
            kind = "raw" if link["image"] else "blob"
            return f"{link['image']}[{link['text']}]({project}/{kind}/v{version}/{target})"
        return "" if link["image"] else link["text"]

    # Not in blocks of code, where brackets are indices.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)
    return "".join(part if part.startswith("```") else _LINK.sub(lead, part) for part in parts)
