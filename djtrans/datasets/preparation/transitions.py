"""Prepare pairs of extracted transitions: recover their curves from the mixes; resumable."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import attrs

from djtrans.core.audio.file_facts import content_hash
from djtrans.core.errors import DjtransError, InputError
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import ProgressCallback
from djtrans.datasets.mixes.alignment.excerpt import ALIGNMENT, Alignment, read_alignment
from djtrans.datasets.mixes.excerpt_resume import excerpt_damage
from djtrans.datasets.preparation.library_files import Skipped
from djtrans.datasets.preparation.options import RecoveryOptions
from djtrans.datasets.preparation.pair_from_mix import ExcerptUnit
from djtrans.datasets.preparation.session import (
    PreparationResult,
    PreparationSession,
    open_session,
)
from djtrans.pipeline.corrections import correction_key

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
    progress: ProgressCallback | None = None,
) -> PreparationResult:
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
    workers, executor, plugin_files, progress
        As in :func:`djtrans.datasets.preparation.prepare_library`.

    Returns
    -------
    PreparationResult
        `failed` holds the excerpts that were refused, `skipped` those without both tracks.

    Raises
    ------
    InputError
        If there are no excerpts, none has both tracks, or the output holds pairs that were made
        otherwise.
    DjtransError
        If a worker dies.
    """
    check_folder("The output folder", output, {"the transitions": transitions})
    with open_session(
        output,
        options or RecoveryOptions(),
        workers=workers,
        executor=executor,
        plugin_files=plugin_files,
        progress=progress,
    ) as session:
        return _prepare(Path(os.path.expanduser(transitions)).resolve(), session)


def find_excerpts(root: Path) -> tuple[list[Excerpt], list[Skipped]]:
    """Find the excerpts that have both tracks, and why the others are unusable.

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
        if damage := excerpt_damage(folder, alignment):
            skipped.append(Skipped(name, f"{damage}; extract it again."))
        elif lost:
            skipped.append(Skipped(name, "; ".join(lost)))
        else:
            found.append(Excerpt(name, folder, alignment))
    if not found and not skipped:
        raise InputError(f"{root} holds no excerpts; make some with 'djtrans extract'.")
    return found, skipped


def _prepare(root: Path, session: PreparationSession[RecoveryOptions]) -> PreparationResult:
    excerpts, skipped = find_excerpts(root)
    units = [
        ExcerptUnit(
            folder=str(session.folder(number)),
            name=excerpt.name,
            sources={"transition": excerpt.name, "mix": excerpt.alignment.mix},
            key=_key(excerpt, session),
            plugin_files=session.plugin_files,
            excerpt=str(excerpt.folder),
            refused=str(session.target / REFUSED / f"{session.folder(number).name}.json"),
            options=session.options,
        )
        for number, excerpt in enumerate(excerpts[: session.options.most], 1)
    ]
    return session.prepare("transitions", units, skipped, failing="unusable")


def _key(excerpt: Excerpt, session: PreparationSession[RecoveryOptions]) -> str:
    files = (ALIGNMENT, "mix.wav", "track_a.wav", "track_b.wav")
    return session.key(
        files=[content_hash(excerpt.folder / file) for file in files],
        error_limit=session.options.error_limit,
        steps=session.options.steps,
        **correction_key(excerpt.folder / file for file in files[2:]),
    )
