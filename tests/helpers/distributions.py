"""Installed distributions: what requires them, and the licences that they declare."""

from __future__ import annotations

import importlib.metadata
import re
import sys

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: Licences that metadata do not name, read in the file named here.
READ_IN_FILES = {
    "cuda-toolkit": "LicenseRef-NVIDIA-Proprietary",  # requirements only, no file of its own
    "sphn": "Apache-2.0",  # sphn-*.dist-info/licenses/LICENSE
}

#: Families of licences, and the words that metadata use for them.
FAMILIES = {
    "AGPL": r"\bAGPL|Affero",
    "Apache": r"\bApache",
    "BSD": r"\b0?BSD\b",
    "CC-NC": r"\bCC[- ]BY[- ]NC",
    "GPL": r"(?<![AL])GPL(?!.* WITH )|GNU General Public License",
    "ISC": r"\bISC",
    "LGPL": r"\bLGPL|Lesser General Public License",
    "MIT": r"\bMIT\b",
    "MPL": r"\bMPL|Mozilla Public License",
    "NVIDIA": r"\bNVIDIA|Other/Proprietary",
    "PSF": r"\bPSF|Python Software Foundation",
}

#: A library under MIT that requires one of these could not be passed on under MIT terms.
NOT_REQUIRED = {"AGPL", "CC-NC", "GPL"}


def declared_licence(name: str) -> str:
    """The licence expression in a distribution's metadata, or its classifiers, or its old field."""
    metadata = importlib.metadata.metadata(name)
    classifiers = [
        entry.rpartition(" :: ")[2]
        for entry in metadata.get_all("Classifier") or []
        if entry.startswith("License :: ")
    ]
    old_field = (metadata.get("License") or "").strip().partition("\n")[0]
    return (
        metadata.get("License-Expression")
        or "; ".join(classifiers)
        or old_field
        or READ_IN_FILES.get(canonicalize_name(name), "")
    )


def families(licence: str) -> set[str]:
    """The families that a licence names; of alternatives (``A OR B``), the first allowed."""
    alternatives = [
        {family for family, pattern in FAMILIES.items() if re.search(pattern, part)}
        for part in re.split(r" OR ", licence)
    ]
    return next(
        (part for part in alternatives if part and not part & NOT_REQUIRED), alternatives[0]
    )


def required_tree(requirements: list[str]) -> dict[str, str]:
    """Names and versions of everything that the requirements bring along here, extras left out."""
    versions: dict[str, str] = {}
    waiting = [(Requirement(text), "") for text in requirements]
    seen = set()
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            if (name, wanted) in seen:
                continue
            seen.add((name, wanted))
            versions[name] = importlib.metadata.version(name)
            needed = importlib.metadata.requires(name) or []
            waiting += [(Requirement(text), wanted) for text in needed]
    return dict(sorted(versions.items()))


if __name__ == "__main__":
    for tree_name, tree_version in required_tree(sys.argv[1:]).items():
        print(f"{tree_name}=={tree_version}")
