"""The state of a folder of pairs that an earlier run left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.checksums import (
    SUMS,
    find_damage,
    folder_hashes,
    read_checksums,
    write_checksums,
)
from djtrans.core.util.json_documents import MALFORMED, read_document, read_json
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.datasets.pairs.pair_folder import ANALYSIS, FORMAT, FORMAT_VERSION, TRANSITION

#: File that lists the pairs of a set; written last.
MANIFEST = "manifest.json"


def existing_pairs(target: Path, keys: Mapping[str, str]) -> dict[str, str]:
    """Find the pairs that an earlier run finished, without reading their audio.

    Removes what dead processes left half-written.

    Parameters
    ----------
    target : Path
        Folder of the set.
    keys : mapping of str to str
        Key of each pair that is to be made, by the name of its folder.

    Returns
    -------
    dict of str to str
        What is wrong with the record of each pair, by the name of its folder; empty if nothing.

    Raises
    ------
    InputError
        If there are other pairs than these.
    """
    remove_abandoned(target)
    found = sorted(p for p in target.iterdir() if re.fullmatch(r"pair_\d{3,}", p.name))
    listed = manifest_hashes(target)
    problems = {}
    for folder in found:
        if folder.name not in keys:
            raise InputError(
                f"{folder} is one pair more than are asked for or can be made; give another "
                f"--output, a larger --max, or delete it."
            )
        try:
            document = read_document(
                folder / ANALYSIS,
                FORMAT,
                FORMAT_VERSION,
                expected="prepared pair",
                again=f"Delete {folder.name} and run again.",
            )
        except DjtransError:
            # Only what is known to be a pair may be replaced; the rest may be someone's files.
            if folder.name in listed or (folder / SUMS).is_file():
                problems[folder.name] = f"{ANALYSIS} cannot be read"
                continue
            raise
        if document.get("key") != keys[folder.name]:
            raise InputError(
                f"{folder} was made of other tracks, with other options or by another version; "
                "give another --output, or delete it."
            )
        problems[folder.name] = ""
    return problems


def check_pair(folder: Path) -> tuple[str, dict[str, str]]:
    """Compare a pair's files with their hashes.

    Returns
    -------
    damage : str
        What is wrong; empty if nothing.
    hashes : dict of str to str
        Hash of each file, by its path within the folder.
    """
    expected = read_checksums(folder)
    # Sets of djtrans 0.1 have the hashes in their manifest only.
    listed = {} if expected else manifest_hashes(folder.parent).get(folder.name, {})
    hashes = folder_hashes(folder)
    # The first and the last of the list, which may have been cut off.
    if not {ANALYSIS, TRANSITION} <= (expected or listed).keys():
        return "its checksums cannot be read", hashes
    damage = find_damage(expected or listed, hashes)
    if listed and not damage:
        write_checksums(folder)
        hashes = folder_hashes(folder)
    return damage, hashes


def manifest_hashes(target: Path) -> dict[str, dict[str, str]]:
    """Read the hash of each file from the manifest, by folder; empty if there is none."""
    try:
        document = read_json(target / MANIFEST)
        return {pair["folder"]: dict(pair["files"]) for pair in document["pairs"]}
    except (OSError, *MALFORMED):
        return {}
