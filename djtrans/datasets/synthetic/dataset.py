"""Synthetic dataset in one file: frame-level features of tracks, and compositions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch

from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.json_documents import MALFORMED, parse_json
from djtrans.core.util.tensor_digest import is_intact, with_digest
from djtrans.datasets.extra_features import extra_tensors, read_extra
from djtrans.datasets.synthetic.composition import Composition
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.datasets.synthetic.stored_curves import StoredCurves, curve_tensors, read_curves

FORMAT, FORMAT_VERSION = "djtrans-composed-set", 2
#: Version 1 has no stored curves.
_READABLE = (1, FORMAT_VERSION)
HEADER = "djtrans_composed_set"
PARTS = ("training", "validation")


@attrs.frozen(eq=False, kw_only=True)
class SyntheticDataset:
    """Frame-level features of tracks, and compositions for training and validation.

    Training and validation have no track in common.

    Attributes
    ----------
    tracks : sequence of FramedTrack
        Features of the tracks.
    training, validation : sequence of Composition
        Transitions between the tracks.
    facts : mapping
        Options of the composition, JSON-ready.
    extractors : mapping of str to int
        Versions of the feature extractors whose arrays the tracks have, by name.
    training_curves, validation_curves : sequence of StoredCurves
        Curves for some of the compositions, with their costs.

    See Also
    --------
    compose_dataset : Compose a dataset.
    PreparedDataset : Dataset of prepared pairs, with audio.

    Examples
    --------
    >>> from djtrans.datasets import SyntheticDataset
    >>> dataset = SyntheticDataset(tracks=(), training=(), validation=())
    >>> dataset.save("set.safetensors")
    >>> SyntheticDataset.load("set.safetensors").frames
    0
    """

    tracks: Sequence[FramedTrack]
    training: Sequence[Composition]
    validation: Sequence[Composition]
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    extractors: Mapping[str, int] = attrs.field(factory=dict)
    training_curves: Sequence[StoredCurves] = ()
    validation_curves: Sequence[StoredCurves] = ()

    @property
    def frames(self) -> int:
        """Number of frames of all training transitions."""
        return sum(composition.frames for composition in self.training)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a safetensors file in half precision, atomically."""
        from safetensors.torch import save_file

        tensors = {}
        for index, track in enumerate(self.tracks):
            for name in ("level_db", "onset", "vocal"):
                tensors[f"{index}/{name}"] = getattr(track, name).half().contiguous()
            tensors |= extra_tensors(track.extra, str(index))
        for name in PARTS:
            text = json.dumps([c.to_json() for c in getattr(self, name)]).encode()
            tensors[name] = torch.from_numpy(np.frombuffer(text, dtype=np.uint8).copy())
            tensors |= curve_tensors(getattr(self, f"{name}_curves"), name)
        header = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "reference_db": [track.reference_db for track in self.tracks],
            "isolated": [track.isolated for track in self.tracks],
            "facts": dict(self.facts),
            "extractors": dict(self.extractors),
            "extra": sorted({name for track in self.tracks for name in track.extra}),
        }
        with replacing(path, FormatError) as part_path:
            save_file(
                tensors, part_path, metadata={HEADER: json.dumps(with_digest(tensors, header))}
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SyntheticDataset:
        """Read a synthetic dataset.

        Raises
        ------
        FormatError
            If the file is missing, damaged, or not a synthetic dataset.
        """
        from safetensors import SafetensorError, safe_open

        if not Path(path).is_file():
            raise FormatError(f"There is no synthetic dataset {str(path)!r}; check the path.")
        try:
            with safe_open(path, framework="pt") as handle:
                text = (handle.metadata() or {}).get(HEADER)
                if text is None:
                    raise FormatError(f"{path} is a safetensors file, but not a synthetic dataset.")
                header = parse_json(text, finite=False)
                if header["format_version"] not in _READABLE:
                    raise FormatError(
                        f"{path} has format version {header['format_version']!r}; this djtrans "
                        f"reads {' and '.join(map(str, _READABLE))}. Compose it again."
                    )
                stored = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
                if not is_intact(stored, header):
                    raise FormatError(
                        f"{path} is damaged: its content does not match its digest. Compose it "
                        "again."
                    )
                tracks = [
                    FramedTrack(
                        level_db=handle.get_tensor(f"{i}/level_db"),
                        onset=handle.get_tensor(f"{i}/onset"),
                        vocal=handle.get_tensor(f"{i}/vocal"),
                        reference_db=reference,
                        isolated=isolated,
                        extra=read_extra(handle, header.get("extra", ()), str(i)),
                    )
                    for i, (reference, isolated) in enumerate(
                        zip(header["reference_db"], header["isolated"], strict=True)
                    )
                ]
                parts = {
                    name: tuple(
                        Composition.from_json(fields)
                        for fields in parse_json(
                            bytes(handle.get_tensor(name).numpy()), finite=False
                        )
                    )
                    for name in PARTS
                }
                curves = {
                    name: read_curves(stored, name, [c.frames for c in parts[name]])
                    for name in PARTS
                }
        except FormatError:
            raise
        except (SafetensorError, OSError, RuntimeError, *MALFORMED) as error:
            raise FormatError(
                f"{path} is not a readable synthetic dataset ({error}); compose it again."
            ) from None
        return cls(
            tracks=tracks,
            training=parts["training"],
            validation=parts["validation"],
            facts=header["facts"],
            extractors=header.get("extractors", {}),
            training_curves=curves["training"],
            validation_curves=curves["validation"],
        )
