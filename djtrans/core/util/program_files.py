"""Trace modules with ``torch.export``, and write the programs to files."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing

#: Entry of a file with the facts that are needed to use it.
DESCRIPTION = "djtrans.json"


def trace_program(module: nn.Module, inputs: tuple[Any, ...], name: str, **options: Any) -> Any:
    """Trace a module as a program of ``torch.export``, without gradients.

    Parameters
    ----------
    module : Module
    inputs : tuple
        Example of its inputs.
    name : str
        Name in the message of an error.
    **options
        Options of ``torch.export.export``.

    Returns
    -------
    torch.export.ExportedProgram

    Raises
    ------
    FormatError
        If it cannot be traced.
    """
    try:
        # What is traced is a fixed graph: warnings about it are for authors of the module.
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            # torch 2.4 is strict by default: it analyzes bytecode, and allows less.
            return torch.export.export(module, inputs, strict=False, **options)
    except Exception as error:
        why = " ".join(str(error).split())[:300]
        raise FormatError(
            f"{name} cannot be exported: {why}. What is exported must not branch on values."
        ) from error


def save_program(program: Any, path: str | os.PathLike[str], facts: Mapping[str, Any]) -> None:
    """Write a program for ``torch.export.load``, with facts in the entry :data:`DESCRIPTION`.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    # torch insists on its suffix, which the temporary name lacks.
    with replacing(path, FormatError) as part, part.open("wb") as stream:
        torch.export.save(program, stream, extra_files={DESCRIPTION: json.dumps(facts)})
