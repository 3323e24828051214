"""Open a folder of prepared pairs as a dataset; features are extracted once."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from djtrans.core.errors import FormatError, InputError
from djtrans.core.util.cache import cache_key
from djtrans.core.util.checksums import file_hash, find_damage, folder_hashes, read_checksums
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.extra_features import covers, versions
from djtrans.datasets.pairs.dataset import PreparedDataset, PreparedExample

if TYPE_CHECKING:
    from djtrans.core.contracts.encoder import FeatureExtractor
    from djtrans.datasets.pairs.pair import PreparedPair

#: What was extracted, inside the folder.
CACHE = "features.safetensors"
#: Raised when the same pair gives other numbers.
VERSION = 1


def open_prepared(
    folder: str | os.PathLike[str],
    progress: ProgressCallback | None = None,
    *,
    extractors: Sequence[FeatureExtractor] = (),
) -> PreparedDataset:
    """Read a folder that ``djtrans prepare`` wrote.

    The features of its pairs are extracted from their stems with the code that inference uses, and
    kept in ``features.safetensors`` inside the folder, which is renewed where pairs are new or
    have changed. Training reads that file alone, so it may also be carried to another machine.

    Parameters
    ----------
    folder : path
    progress : callable, optional
        Receives a `Progress` event for each pair whose features are extracted.
    extractors : sequence of FeatureExtractor
        Of the model that is to be trained, see
        :func:`djtrans.diffusion.extractors.build_extractors`. Their arrays are stored by
        name and version.

    Returns
    -------
    PreparedDataset

    Raises
    ------
    InputError
        If it holds no prepared pair.
    FormatError, SeparationError, AudioFileError
        If one is damaged; the message names it.
    """
    root = Path(folder)
    pairs = _pairs(root)
    known = _known(root / CACHE)
    report = progress or (lambda event: None)
    examples, made, renamed = [], 0, 0
    digests = [_digest(pair) for pair in pairs]
    for pair, digest in zip(pairs, digests, strict=True):
        # Features of djtrans 0.1 are known by the sizes of the stems.
        former = known.pop(_size_digest(pair), None)
        if former is not None and digest not in known and not _damage(pair):
            known[digest] = attrs.evolve(former, digest=digest)
            renamed += 1
    needed = versions(extractors)
    whole = {digest for digest, example in known.items() if covers(example.extractors, needed)}
    missing = sum(digest not in whole for digest in digests)
    for pair, digest in zip(pairs, digests, strict=True):
        if digest not in whole:
            if damage := _damage(pair):
                warnings.warn(
                    f"{pair} is not what was prepared ({damage}); its features are extracted from "
                    "what is there. 'djtrans prepare' makes it again.",
                    stacklevel=2,
                )
            known[digest] = _extract(pair, digest, extractors)
            made += 1
            report(Progress("pairs", made, missing))
        examples.append(known[digest])
    prepared = PreparedDataset(examples=examples, folder=root)
    if missing or renamed or len(known) > len(examples):
        try:
            prepared.save(root / CACHE)
        except FormatError as error:
            warnings.warn(f"What was heard in the pairs is not kept: {error}", stacklevel=2)
    return prepared


def _pairs(root: Path) -> list[Path]:
    """List the folders of pairs by name, without unfinished ones, whose names are hidden."""
    from djtrans.datasets.pairs.pair_folder import ANALYSIS

    found = sorted(
        file.parent for file in root.glob(f"*/{ANALYSIS}") if not file.parent.name.startswith(".")
    )
    if not found:
        raise InputError(
            f"{root} is a folder without prepared pairs; give one that 'djtrans prepare' wrote, "
            "or a composed set, which is one file."
        )
    return found


def _known(file: Path) -> dict[str, PreparedExample]:
    """Read features that were extracted before, by digest; none if the file is unreadable."""
    if not file.is_file():
        return {}
    try:
        return {example.digest: example for example in PreparedDataset.load(file).examples}
    except FormatError as error:
        warnings.warn(f"{error} The features are extracted again.", stacklevel=3)
        return {}


def _digest(pair: Path) -> str:
    """Hash the content of all that the features of a pair are made of."""
    from djtrans.datasets.pairs.pair_folder import ANALYSIS, PARAMS, STEMS_A, STEMS_B

    files = [pair / ANALYSIS, pair / PARAMS]
    files += [file for side in (STEMS_A, STEMS_B) for file in sorted((pair / side).glob("*"))]
    hashes = {file.relative_to(pair).as_posix(): file_hash(file) for file in files if file.exists()}
    return cache_key(version=VERSION, name=pair.name, files=hashes)


def _damage(pair: Path) -> str:
    """Compare a pair with its checksums, or with those in the manifest of djtrans 0.1.

    Curves may have been edited by hand.
    """
    from djtrans.datasets.pairs.pair_folder import PARAMS
    from djtrans.datasets.preparation.resume import manifest_hashes

    expected = read_checksums(pair) or manifest_hashes(pair.parent).get(pair.name, {})
    expected.pop(PARAMS, None)
    return find_damage(expected, folder_hashes(pair))


def _size_digest(pair: Path) -> str:
    """Hash a pair's two small files and the sizes of its stems."""
    from djtrans.datasets.pairs.pair_folder import ANALYSIS, PARAMS, STEMS_A, STEMS_B

    digest = hashlib.sha256(f"{VERSION}/{pair.name}".encode())
    for name in (ANALYSIS, PARAMS):
        file = pair / name
        digest.update(file.read_bytes() if file.is_file() else b"")
    for side in (STEMS_A, STEMS_B):
        for file in sorted((pair / side).glob("*")):
            digest.update(f"{side}/{file.name}/{file.stat().st_size}".encode())
    return digest.hexdigest()


def _extract(folder: Path, digest: str, extractors: Sequence[FeatureExtractor]) -> PreparedExample:
    from djtrans.datasets.pairs.pair_folder import read_pair

    pair: PreparedPair = read_pair(folder)
    return PreparedExample(
        name=folder.name,
        digest=digest,
        tracks=(pair.track_a.identity, pair.track_b.identity),
        sample_rate=pair.sample_rate,
        request=pair.request(extractors=extractors),
        # Curves of another rate than the plan's are brought to the frames of its features.
        values=pair.params.resampled(pair.plan.n_frames).values.float(),
        extractors=versions(extractors),
    )
