"""Extracted transitions made into pairs: their curves are recovered from the mixes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import attrs

from djtrans.core.audio.io import content_hash
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.atomic_files import write_text
from djtrans.datasets.mixes.alignment.excerpt import ALIGNMENT, Alignment, read_alignment
from djtrans.datasets.preparation.library_scan import Skipped
from djtrans.datasets.preparation.manifest import manifest_head
from djtrans.datasets.preparation.pair_from_mix import (
    ExcerptUnit,
    Recovered,
    RecoveryOptions,
    recover_unit,
)
from djtrans.datasets.preparation.resume import MANIFEST
from djtrans.datasets.preparation.session import PreparedDataset, Watch, Workshop, open_workshop

#: Folder of what was refused and why, within the output.
REFUSED = "refused"


@attrs.frozen
class Excerpt:
    """An excerpt that comes with both of its tracks."""

    name: str
    folder: Path
    alignment: Alignment


def prepare_transitions(
    transitions: str | os.PathLike[str],
    output: str | os.PathLike[str],
    options: RecoveryOptions | None = None,
    *,
    workers: int = 1,
    executor: Executor | None = None,
    plugin_files: Sequence[str] = (),
    watch: Watch | None = None,
) -> PreparedDataset:
    """Make pairs of extracted transitions: stems, the real mix, and the curves recovered from it.

    Excerpts without both tracks, and those whose curves leave too much of the mix, are named in
    the manifest, and there is no pair of them. A run that was stopped goes on from what is there
    and ends with the same set.

    Parameters
    ----------
    transitions : path
        What ``djtrans extract`` wrote, searched with all folders in it.
    output : path
        Folder to write to; made if it is not there.
    options : RecoveryOptions, optional
    workers, executor, plugin_files, watch
        As in :func:`djtrans.datasets.preparation.prepare_library`.

    Returns
    -------
    PreparedDataset
        `failed` holds the excerpts that were refused, `skipped` those without both tracks.

    Raises
    ------
    InputError
        If there are no excerpts, none has both tracks, or the output holds pairs that were made
        otherwise.
    DjtransError
        If a worker dies.
    """
    options = options or RecoveryOptions()
    root = Path(transitions).expanduser().resolve()
    with open_workshop(
        output,
        options,
        workers=workers,
        executor=executor,
        plugin_files=plugin_files,
        watch=watch,
    ) as workshop:
        return _prepare(root, options, workshop)


def find_excerpts(root: Path) -> tuple[list[Excerpt], list[Skipped]]:
    """The excerpts below a folder that have both tracks, and why the others cannot be used.

    Raises
    ------
    InputError
        If there are none.
    """
    if not root.is_dir():
        raise InputError(f"{root} is no folder; give one that 'djtrans extract' wrote.")
    found, skipped = [], []
    folders = sorted(file.parent for file in root.rglob(ALIGNMENT))
    for folder in folders:
        name = folder.relative_to(root).as_posix()
        # What a killed run left half-written.
        if any(part.startswith(".") for part in folder.relative_to(root).parts):
            continue
        try:
            alignment = read_alignment(folder)
        except DjtransError as error:
            said = " ".join(str(error).replace(str(folder), name).split())
            skipped.append(Skipped(name, said))
            continue
        sides = (("A", alignment.track_a), ("B", alignment.track_b))
        lost = [f"{side}: {track.why or 'not found'}" for side, track in sides if not track.aligned]
        if lost:
            skipped.append(Skipped(name, "; ".join(lost)))
        else:
            found.append(Excerpt(name, folder, alignment))
    if not found and not skipped:
        raise InputError(f"{root} holds no excerpts; make some with 'djtrans extract'.")
    return found, skipped


def _prepare(root: Path, options: RecoveryOptions, workshop: Workshop) -> PreparedDataset:
    target, separator = workshop.target, workshop.separator
    options = attrs.evolve(options, separator=separator.name)
    excerpts, skipped = find_excerpts(root)
    folders = [f"pair_{number:03d}" for number in range(1, len(excerpts[: options.most]) + 1)]
    units = [
        ExcerptUnit(
            folder=str(target / folder),
            excerpt=str(excerpt.folder),
            refused=str(target / REFUSED / f"{folder}.json"),
            options=options,
            key=_key(excerpt, options, workshop),
            plugin_files=workshop.plugin_files,
        )
        for folder, excerpt in zip(folders, excerpts, strict=False)
    ]
    made = workshop.make("transitions", recover_unit, units)
    chosen = list(zip(folders, excerpts, made, strict=False))
    manifest = _write_manifest(target, options, separator, chosen, skipped)
    return PreparedDataset(
        folder=target,
        manifest=manifest,
        pairs=tuple(f for f, m in zip(folders, made, strict=True) if not m.reason),
        skipped=tuple(skipped),
        failed={e.name: m.reason for _, e, m in chosen if m.reason},
    )


def _key(excerpt: Excerpt, options: RecoveryOptions, workshop: Workshop) -> str:
    files = (ALIGNMENT, "mix.wav", "track_a.wav", "track_b.wav")
    return workshop.key(
        files=[content_hash(excerpt.folder / file) for file in files],
        error_limit=options.error_limit,
        steps=options.steps,
    )


def _write_manifest(
    target: Path,
    options: RecoveryOptions,
    separator: ComponentRecord,
    chosen: Sequence[tuple[str, Excerpt, Recovered]],
    skipped: Sequence[Skipped],
) -> Path:
    """What was recovered from what; without times, paths and names of machines."""
    pairs, failed = [], []
    for folder, excerpt, made in chosen:
        of = {"folder": folder, "transition": excerpt.name, "mix": excerpt.alignment.mix}
        if made.reason:
            failed.append({**of, "reason": made.reason})
            continue
        tracks = (excerpt.alignment.track_a, excerpt.alignment.track_b)
        of |= {side: track.file for side, track in zip("ab", tracks, strict=True)}
        pairs.append(
            {
                **of,
                "bars": made.bars,
                "swap_beat": made.swap_beat,
                "error_db": {name: round(error, 2) for name, error in made.error_db.items()},
                "files": made.files,
            }
        )
    document = {
        **manifest_head(options, separator),
        "skipped": [attrs.asdict(excerpt) for excerpt in skipped],
        "pairs": pairs,
        "failed": failed,
    }
    file = target / MANIFEST
    write_text(file, json.dumps(document, indent=1) + "\n")
    return file
