"""On-disk cache of frame-level features of tracks, from which a run resumes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.errors import FormatError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.analysis_io import analysis_from_dict, analysis_to_dict
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.json_documents import MALFORMED, parse_json
from djtrans.core.util.tensor_digest import is_intact, with_digest
from djtrans.datasets.extra_features import covers, extra_tensors
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.options import SyntheticOptions


@attrs.frozen(eq=False)
class CachedTrack:
    """Analyses and features of a track, one of each per tempo octave.

    Attributes
    ----------
    analyses : tuple of Analysis
        Analyses in the tempo octaves in which the track may be mixed.
    framed : tuple of FramedTrack
        Features on the beat grid of each analysis.
    isolated : bool
        True if each stem contains only its own sounds.
    """

    analyses: tuple[Analysis, ...]
    framed: tuple[FramedTrack, ...]
    isolated: bool


def write_framed_track(
    file: Path,
    track: CachedTrack,
    options: SyntheticOptions,
    extractors: Mapping[str, int] | None = None,
) -> None:
    """Write a track to the cache, atomically.

    Parameters
    ----------
    file : Path
        Safetensors file.
    track : CachedTrack
        Track to write.
    options : SyntheticOptions
        Options that it was rendered with.
    extractors : mapping of str to int, optional
        Versions of the extractors whose arrays it has, by name.
    """
    from safetensors.torch import save_file

    tensors = {
        f"{i}/{name}": getattr(framed, name).contiguous()
        for i, framed in enumerate(track.framed)
        for name in ("level_db", "onset", "vocal")
    }
    for i, framed in enumerate(track.framed):
        tensors |= extra_tensors(framed.extra, str(i))
    header = {
        "made_with": _made_with(options),
        "analyses": [analysis_to_dict(analysis) for analysis in track.analyses],
        "reference_db": [framed.reference_db for framed in track.framed],
        "isolated": track.isolated,
        "extractors": dict(extractors or {}),
    }
    with replacing(file, FormatError) as part:
        save_file(tensors, part, metadata={"track": json.dumps(with_digest(tensors, header))})


def _made_with(options: SyntheticOptions) -> dict[str, Any]:
    """Select the options that affect a track, not the number of tracks or their pairing."""
    unrelated = {"tracks", "transitions", "validation", "anywhere"}
    unrelated |= {"refined", "generated", "refinements"}
    return {k: v for k, v in attrs.asdict(options).items() if k not in unrelated}


def is_cached(
    file: Path, options: SyntheticOptions, extractors: Mapping[str, int] | None = None
) -> bool:
    """Return True if the cache has the track with these options and extractors."""
    if not file.is_file():
        return False
    try:
        header, _ = _open(file)
    except FormatError as error:
        warnings.warn(f"{error} It is made again.", stacklevel=3)
        return False
    return bool(
        header["made_with"] == _made_with(options)
        and covers(header.get("extractors", {}), extractors or {})
    )


def read_framed_track(file: Path, extractors: Mapping[str, int] | None = None) -> CachedTrack:
    """Read a track from the cache, with the arrays of these extractors only.

    Raises
    ------
    FormatError
        If the file is damaged.
    """
    header, tensors = _open(file)
    wanted = tuple(f"{name}/" for name in extractors or {})
    framed = tuple(
        FramedTrack(
            tensors[f"{i}/level_db"],
            tensors[f"{i}/onset"],
            tensors[f"{i}/vocal"],
            reference,
            header["isolated"],
            _extra(tensors, f"{i}/extra/", wanted),
        )
        for i, reference in enumerate(header["reference_db"])
    )
    return CachedTrack(
        tuple(analysis_from_dict(plain) for plain in header["analyses"]), framed, header["isolated"]
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
            header = parse_json((handle.metadata() or {})["track"], finite=False)
            tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
        if not is_intact(tensors, header):
            raise ValueError("its content does not match its digest")
        return header, tensors
    except (SafetensorError, OSError, *MALFORMED) as error:
        raise FormatError(f"{file} is not a readable track cache ({error}).") from None
