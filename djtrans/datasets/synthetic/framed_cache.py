"""Framed tracks on disk, so that a stopped run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.errors import FormatError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import analysis_from_dict, analysis_to_dict
from djtrans.core.util.atomic_files import replacing
from djtrans.datasets.extra_features import covers, extra_tensors
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions


@attrs.frozen(eq=False)
class Heard:
    """A track as a model hears it, in each octave in which it may be counted."""

    analyses: tuple[Analysis, ...]
    framed: tuple[FramedTrack, ...]
    isolated: bool


def write_framed_track(
    file: Path, heard: Heard, options: SyntheticOptions, extractors: Mapping[str, int] | None = None
) -> None:
    """Keep a track; the file appears whole or not at all.

    `extractors` are the versions of those whose arrays it holds, by name.
    """
    from safetensors.torch import save_file

    tensors = {
        f"{i}/{name}": getattr(framed, name).contiguous()
        for i, framed in enumerate(heard.framed)
        for name in ("level_db", "onset", "vocal")
    }
    for i, framed in enumerate(heard.framed):
        tensors |= extra_tensors(framed.extra, str(i))
    said = {
        "made_with": _made_with(options),
        "analyses": [analysis_to_dict(analysis) for analysis in heard.analyses],
        "reference_db": [framed.reference_db for framed in heard.framed],
        "isolated": heard.isolated,
        "extractors": dict(extractors or {}),
    }
    with replacing(file, FormatError) as part:
        save_file(tensors, part, metadata={"track": json.dumps(said)})


def _made_with(options: SyntheticOptions) -> dict[str, Any]:
    """What decides how a track is heard; not how many there are, nor how they are paired."""
    free = ("tracks", "transitions", "validation", "anywhere")
    return {k: v for k, v in attrs.asdict(options).items() if k not in free}


def is_whole(
    file: Path, options: SyntheticOptions, extractors: Mapping[str, int] | None = None
) -> bool:
    """Return True if a track was framed before with these options and extractors."""
    if not file.is_file():
        return False
    try:
        said, _ = _open(file)
    except FormatError:
        return False
    return bool(
        said["made_with"] == _made_with(options)
        and covers(said.get("extractors", {}), extractors or {})
    )


def read_framed_track(file: Path, extractors: Mapping[str, int] | None = None) -> Heard:
    """Read a kept track, with the arrays of these extractors and of no others.

    Raises
    ------
    FormatError
        If it is damaged.
    """
    said, tensors = _open(file)
    wanted = tuple(f"{name}/" for name in extractors or {})
    framed = tuple(
        FramedTrack(
            tensors[f"{i}/level_db"],
            tensors[f"{i}/onset"],
            tensors[f"{i}/vocal"],
            reference,
            said["isolated"],
            _extra(tensors, f"{i}/extra/", wanted),
        )
        for i, reference in enumerate(said["reference_db"])
    )
    return Heard(
        tuple(analysis_from_dict(plain) for plain in said["analyses"]), framed, said["isolated"]
    )


def _extra(
    tensors: Mapping[str, Tensor], prefix: str, wanted: tuple[str, ...]
) -> dict[str, Tensor]:
    names = [name.removeprefix(prefix) for name in tensors if name.startswith(prefix)]
    return {name: tensors[prefix + name] for name in names if name.startswith(wanted)}


def _open(file: Path) -> tuple[dict[str, Any], Mapping[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as handle:
            said = json.loads((handle.metadata() or {})["track"])
            return said, {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, json.JSONDecodeError) as error:
        raise FormatError(f"{file} is no framed track ({error}); delete it.") from None
