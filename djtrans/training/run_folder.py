"""Folder of a training run: its files, and those of other runs that are not replaced."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path

from djtrans.core.errors import InputError
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.output_files import check_by_product, check_folder, starts_with

BEST_MODEL, METRICS = "best_model.pt", "metrics.csv"
#: Table of the results of each validation, and the folder of its pictures.
VALIDATION, PICTURES = "validation.csv", "validation"


def check_run_folder(output: str | os.PathLike[str], resume: str | os.PathLike[str] | None) -> Path:
    """Raise if the folder of a run cannot be written to, or has files of another run.

    Parameters
    ----------
    output : path
        Folder of the run.
    resume : path, optional
        Checkpoint from which it is resumed.

    Raises
    ------
    InputError
        If so.
    """
    check_folder("--output", output)
    folder = Path(output)
    if resume is None:
        models = [folder / BEST_MODEL, *sorted(folder.glob("checkpoint_*.pt"), key=_step_of)]
        if present := [file for file in models if file.is_file()]:
            raise InputError(
                f"{folder} has {present[0].name} of another run; resume it (--resume "
                f"{present[-1]}), or choose another folder (--output)."
            )
    another = "choose another folder (--output)"
    check_by_product(folder / METRICS, starts_with("step,loss,"), instead=another)
    check_by_product(folder / VALIDATION, starts_with("step,name,value"), instead=another)
    if (folder / PICTURES).exists() and not (folder / PICTURES).is_dir():
        raise InputError(f"{folder / PICTURES} is no folder; {another}.")
    return folder


def _step_of(file: Path) -> tuple[int, str]:
    return len(file.name), file.name


def fetch_best_model(folder: Path, checkpoint: Path) -> None:
    """Copy the best model of a run that is resumed in another folder, or warn that it is missing.

    Parameters
    ----------
    folder : Path
        Folder of the resumed run.
    checkpoint : Path
        Checkpoint from which it is resumed; the best model is beside it.
    """
    target, before = folder / BEST_MODEL, checkpoint.parent / BEST_MODEL
    if target.is_file():
        return
    if before.is_file():
        with replacing(target) as part:
            shutil.copyfile(before, part)
    else:
        warnings.warn(
            f"There is no {BEST_MODEL} beside {checkpoint}; the best model is chosen among the "
            "steps from here on.",
            stacklevel=4,
        )
