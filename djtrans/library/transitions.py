"""Extracted transitions made into pairs: their curves are recovered from the mixes."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path

import attrs

import djtrans
from djtrans.api import DifferentiableDJMixer
from djtrans.core.audio import content_hash
from djtrans.core.cache import cache_key
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.files import write_text
from djtrans.core.matching.excerpt import ALIGNMENT, Alignment, read_alignment
from djtrans.core.pair_folder import FORMAT_VERSION
from djtrans.core.records import ComponentRecord
from djtrans.core.stretch import ENGINE
from djtrans.library.hearing import Skipped, made_by
from djtrans.library.keeping import do_units, pairs_before, tidy
from djtrans.library.manifest import MANIFEST, manifest_head
from djtrans.library.recovering import ExcerptUnit, Recovered, RecoveryOptions, recover_unit
from djtrans.library.run import PreparedSet, Watch
from djtrans.provenance import mixer_record, separator_record
from djtrans.separators import fetch_separator
from djtrans.workers import one_thread, processes, registry_with

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
) -> PreparedSet:
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
        As in :func:`djtrans.library.prepare_library`.

    Returns
    -------
    PreparedSet
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
    if workers < 1:
        raise InputError(f"workers = {workers} is not allowed; give 1 or more.")
    root, target = Path(transitions).expanduser().resolve(), Path(output).expanduser().resolve()
    files = tuple(os.path.abspath(path) for path in plugin_files)
    beside = executor is None and workers > 1
    with one_thread(), processes(workers, files) if beside else nullcontext(executor) as pool:
        return _prepare(root, target, options, pool, files, watch)


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


def _prepare(
    root: Path,
    target: Path,
    options: RecoveryOptions,
    executor: Executor | None,
    plugin_files: tuple[str, ...],
    watch: Watch | None,
) -> PreparedSet:
    watch = watch or (lambda what, done, total, before, failed: None)
    registry = registry_with(plugin_files)
    # Chosen once: "auto" must not come out otherwise on another worker.
    name = fetch_separator(registry, options.separator, {}, options.device)
    separator = separator_record(registry, name)
    options = attrs.evolve(options, separator=separator.name)
    mixer = cache_key(made=str(mixer_record(DifferentiableDJMixer(options.mixer), registry)))
    excerpts, skipped = find_excerpts(root)
    target.mkdir(parents=True, exist_ok=True)
    folders = [f"pair_{number:03d}" for number in range(1, len(excerpts[: options.most]) + 1)]
    units = [
        ExcerptUnit(
            folder=str(target / folder),
            excerpt=str(excerpt.folder),
            refused=str(target / REFUSED / f"{folder}.json"),
            options=options,
            key=_key(excerpt, options, separator, mixer),
            plugin_files=plugin_files,
        )
        for folder, excerpt in zip(folders, excerpts, strict=False)
    ]
    before = pairs_before(target, {Path(unit.folder).name: unit.key for unit in units})
    made = do_units(recover_unit, units, before, executor, functools.partial(watch, "transitions"))
    tidy(target)
    chosen = list(zip(folders, excerpts, made, strict=False))
    manifest = _write_manifest(target, options, separator, chosen, skipped)
    return PreparedSet(
        folder=target,
        manifest=manifest,
        pairs=tuple(f for f, m in zip(folders, made, strict=True) if not m.reason),
        skipped=tuple(skipped),
        failed={e.name: m.reason for _, e, m in chosen if m.reason},
        unfit=(),
    )


def _key(excerpt: Excerpt, options: RecoveryOptions, separator: ComponentRecord, mixer: str) -> str:
    """Digest of all that a pair depends on; not on how many there are."""
    files = (ALIGNMENT, "mix.wav", "track_a.wav", "track_b.wav")
    return cache_key(
        format=FORMAT_VERSION,
        files=[content_hash(excerpt.folder / file) for file in files],
        analyzer=made_by(),
        error_limit=options.error_limit,
        steps=options.steps,
        separator=[separator.name, separator.version, separator.config],
        mixer=mixer,
        device=options.device,
        stretch=ENGINE,
        djtrans=djtrans.__version__,
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
