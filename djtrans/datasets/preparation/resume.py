"""The state of a folder of pairs that an earlier run left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from djtrans.core.errors import InputError
from djtrans.core.util.json_documents import read_document
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.datasets.pairs.pair_folder import ANALYSIS, FORMAT, FORMAT_VERSION

#: File that lists the pairs of a set; written last.
MANIFEST = "manifest.json"


def existing_pairs(target: Path, keys: Mapping[str, str]) -> set[str]:
    """Find the pairs that an earlier run finished.

    Removes partial files, and the manifest of a set that is not complete.

    Parameters
    ----------
    target : Path
        Folder of the set.
    keys : mapping of str to str
        Key of each pair that is to be made, by the name of its folder.

    Returns
    -------
    set of str
        Names of their folders.

    Raises
    ------
    InputError
        If there are other pairs than these.
    """
    remove_abandoned(target)
    found = sorted(p for p in target.iterdir() if re.fullmatch(r"pair_\d{3,}", p.name))
    for folder in found:
        if folder.name not in keys:
            raise InputError(
                f"{folder} is one pair more than are asked for or can be made; give another "
                f"--output, a larger --max, or delete it."
            )
        document = read_document(
            folder / ANALYSIS,
            FORMAT,
            FORMAT_VERSION,
            expected="prepared pair",
            again=f"Delete {folder.name} and run again.",
        )
        if document.get("key") != keys[folder.name]:
            raise InputError(
                f"{folder} was made of other tracks, with other options or by another version; "
                "give another --output, or delete it."
            )
    if len(found) < len(keys):
        # Where there is a manifest, the set is whole.
        (target / MANIFEST).unlink(missing_ok=True)
    return {folder.name for folder in found}
