"""Curves as CSV tables, which spreadsheets and scripts edit."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import numpy as np

from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import FormatError, did_you_mean
from djtrans.core.util.atomic_files import reason, write_text

#: Columns before the curves: frame, beat of the window, and seconds from its start.
POSITIONS = ("frame", "beat", "seconds")
#: Bytes above which a file is no table of curves.
_MOST_BYTES = 1 << 28


@attrs.frozen(eq=False)
class CurvesTable:
    """Curves that were read from a table.

    Attributes
    ----------
    params : TransitionParams
        All curves; those without a column are unchanged.
    changed : tuple of str
        Keys of the curves that differ from before.
    absent : tuple of str
        Keys of the curves without a column.
    """

    params: TransitionParams
    changed: tuple[str, ...]
    absent: tuple[str, ...]


def write_curves_csv(path: str | os.PathLike[str], params: TransitionParams) -> None:
    """Write curves as a CSV table: a row for each frame, a column for each curve.

    Parameters
    ----------
    path : path-like
        The file, replaced atomically.
    params : TransitionParams
        Curves without a batch axis. Each value is written as the shortest decimal number that
        is read as the same float32.

    Raises
    ------
    FormatError
        If the file cannot be written.

    See Also
    --------
    read_curves_csv : Read an edited table.
    """
    values = params.values.detach().cpu().numpy().astype(np.float32)
    lines = [",".join([*POSITIONS, *params.layout.keys])]
    for frame, (seconds, row) in enumerate(zip(params.frame_times.tolist(), values, strict=True)):
        beat = frame / params.frames_per_beat
        lines.append(",".join([str(frame), f"{beat:g}", f"{seconds:.6f}", *map(str, row)]))
    write_text(path, "\n".join(lines) + "\n", FormatError)


def read_curves_csv(path: str | os.PathLike[str], params: TransitionParams) -> CurvesTable:
    """Read curves from a CSV table, as :func:`write_curves_csv` writes it.

    Columns may be in any order, and curves may be left out; ``beat`` and ``seconds`` are ignored.
    A table with ``;`` between its columns may have decimal commas, as spreadsheets write them.

    Parameters
    ----------
    path : path-like
        The file.
    params : TransitionParams
        Curves before the edit: their layout and frames.

    Returns
    -------
    CurvesTable

    Raises
    ------
    FormatError
        If the file cannot be read, names a curve that is not in the layout, has another number of
        frames, or has a value that is no number or out of range.

    Examples
    --------
    >>> import torch
    >>> from djtrans.core import (
    ...     Layout, Row, Parameter, TransitionParams, read_curves_csv, write_curves_csv
    ... )
    >>> layout = Layout((Row(0, "a", "drums", "fader", Parameter(name="gain"), "gain"),))
    >>> times = torch.tensor([0.0, 0.5], dtype=torch.float64)
    >>> params = TransitionParams(torch.tensor([[1.0], [0.0]]), layout, times, times)
    >>> write_curves_csv("curves.csv", params)
    >>> read_curves_csv("curves.csv", params).changed
    ()
    """
    lines = _read_lines(Path(path))
    delimiter = ";" if lines and ";" in lines[0] else ","
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error as error:
        raise FormatError(f"{path} is not a CSV table ({error}); save it again.") from None
    header = [name.strip() for name in rows[0]] if rows else []
    _check_header(path, header, params)
    if len(rows) - 1 != params.n_frames:
        raise FormatError(
            f"{path} has {len(rows) - 1} frames, and the params file has {params.n_frames}; give a "
            "row for each."
        )
    values = params.values.detach().cpu().clone()
    for number, row in enumerate(rows[1:]):
        where = f"{path}, frame {number}"
        if len(row) != len(header):
            raise FormatError(f"{where} has {len(row)} columns; the first line has {len(header)}.")
        cells = dict(zip(header, row, strict=True))
        if "frame" in cells and cells["frame"].strip() != str(number):
            raise FormatError(
                f"{where} is numbered {cells['frame'].strip()!r}; give the frames in order, from 0."
            )
        for key, value in _values(cells, params, where, comma=delimiter == ";"):
            values[number, params.layout.index(key)] = value
    different = (values != params.values.detach().cpu()).any(dim=0).tolist()
    keys = params.layout.keys
    return CurvesTable(
        params=attrs.evolve(params, values=values),
        changed=tuple(key for key, moved in zip(keys, different, strict=True) if moved),
        absent=tuple(key for key in keys if key not in header),
    )


def _read_lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FormatError(f"{path} is too large for a table of curves; give one.")
        # Spreadsheets put a mark before UTF-8.
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise FormatError(f"There is no file {str(path)!r}; check the path.") from None
    except UnicodeDecodeError:
        raise FormatError(f"{path} is not UTF-8 text; save it as CSV in UTF-8.") from None
    except OSError as error:
        raise FormatError(f"Cannot read {str(path)!r}: {reason(error)}") from None


def _check_header(
    path: str | os.PathLike[str], header: list[str], params: TransitionParams
) -> None:
    keys = set(params.layout.keys)
    if not keys & set(header):
        raise FormatError(
            f"{path} is no table of curves: its first line has no key such as "
            f"{params.layout.keys[0]}. Give one that 'djtrans export-as csv' wrote."
        )
    for name in header:
        if name not in keys and name not in POSITIONS:
            raise FormatError(f"{path} has an unknown column {name!r}. {did_you_mean(name, keys)}")
        if header.count(name) > 1:
            raise FormatError(f"{path} has two columns {name!r}; remove one.")


def _values(
    cells: Mapping[str, str], params: TransitionParams, where: str, *, comma: bool
) -> Iterator[tuple[str, float]]:
    """Yield the key and the value of each curve, checked."""
    for row in params.layout.rows:
        if row.key not in cells:
            continue
        text, p = cells[row.key].strip(), row.parameter
        try:
            value = float(text.replace(",", ".") if comma else text)
        except ValueError:
            value = math.nan
        if not p.minimum <= value <= p.maximum:
            raise FormatError(
                f"{where}: {row.key} is {text!r}; give a number from {p.minimum:g} to "
                f"{p.maximum:g}."
            )
        yield row.key, value
