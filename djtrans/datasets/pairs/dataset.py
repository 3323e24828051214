"""Dataset of prepared pairs: the request of each transition, and its curves."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
from torch import Tensor

from djtrans.core.contracts.config import as_tuple
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import FormatError
from djtrans.core.track.features import TrackFeatures
from djtrans.core.transition.plan import BeatSection
from djtrans.core.util.atomic_files import replacing
from djtrans.core.util.json_documents import MALFORMED, parse_json
from djtrans.core.util.tensor_digest import is_intact, with_digest
from djtrans.datasets.extra_features import extra_tensors, read_extra
from djtrans.datasets.pairs.split import held_out
from djtrans.diffusion.model import LONGEST_BARS, SHORTEST_BARS

FORMAT, FORMAT_VERSION = "djtrans-prepared-set", 1
HEADER = "djtrans_prepared_set"
#: What of a track's features is a tensor, and what of a request is told in other words.
_TENSORS = ("beat_times", "level_db", "onset", "vocal")
_APART = ("layout", "features_a", "features_b")


@attrs.frozen(eq=False, kw_only=True)
class PreparedExample:
    """One pair.

    Attributes
    ----------
    name : str
        Its folder's.
    digest : str
        Of what it was read from.
    tracks : tuple of str
        What both recordings are known by, hashes of their files.
    sample_rate : int
        Of its stems, in Hz.
    request : CurveRequest
        What a model would be asked, features included.
    values : Tensor
        ``[frames, parameters]``: its curves, each in the unit of its parameter.
    extractors : mapping of str to int
        Versions of the feature extractors whose arrays its features hold, by name.
    """

    name: str
    digest: str
    tracks: tuple[str, ...] = attrs.field(converter=as_tuple)
    sample_rate: int
    request: CurveRequest
    values: Tensor
    extractors: Mapping[str, int] = attrs.field(factory=dict)

    @property
    def frames(self) -> int:
        """Frames of its window."""
        return self.request.n_frames

    @property
    def fits(self) -> bool:
        """True if the window has a length that models are trained on."""
        return SHORTEST_BARS <= self.request.beats / self.request.beats_per_bar <= LONGEST_BARS

    @property
    def sides(self) -> dict[str, TrackFeatures]:
        """Features of ``a`` and ``b``."""
        found = {"a": self.request.features_a, "b": self.request.features_b}
        if None in found.values():
            raise FormatError(f"The pair {self.name} comes without features; prepare it again.")
        return {side: features for side, features in found.items() if features is not None}


@attrs.frozen(eq=False, kw_only=True, slots=False)
class PreparedDataset:
    """Prepared pairs, of which a tenth is held out; see :mod:`djtrans.datasets.pairs.split`.

    Attributes
    ----------
    examples : tuple of PreparedExample
        In the order of their names; those that do not fit are in neither part.
    folder : Path or None
        Where the pairs lie with their audio; None where only the small file is at hand.
    """

    examples: tuple[PreparedExample, ...] = attrs.field(converter=as_tuple)
    folder: Path | None = None

    @cached_property
    def _parts(self) -> dict[bool, tuple[PreparedExample, ...]]:
        fitting = [example for example in self.examples if example.fits]
        held = held_out([example.tracks for example in fitting])
        _report_split([example.tracks for example in fitting], held)
        return {
            part: tuple(e for e, out in zip(fitting, held, strict=True) if out is part)
            for part in (False, True)
        }

    @property
    def training(self) -> tuple[PreparedExample, ...]:
        """Examples of the training split."""
        return self._parts[False]

    @property
    def validation(self) -> tuple[PreparedExample, ...]:
        """Examples of the validation split."""
        return self._parts[True]

    @property
    def frames(self) -> int:
        """Frames of all transitions for training."""
        return sum(example.frames for example in self.training)

    @property
    def facts(self) -> dict[str, Any]:
        """Statistics, JSON-ready: number of pairs, and of tracks in both splits."""
        heard, asked = (
            {track for example in part for track in example.tracks}
            for part in (self.training, self.validation)
        )
        return {
            "pairs": len(self.examples),
            "training": len(self.training),
            "validation": len(self.validation),
            "tracks": len(heard | asked),
            "tracks_in_both": len(heard & asked),
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it, without the audio, as one safetensors file; whole or not at all."""
        from safetensors.torch import save_file

        tensors: dict[str, Tensor] = {}
        for index, example in enumerate(self.examples):
            tensors[f"{index}/values"] = example.values.contiguous()
            for side, features in example.sides.items():
                for name in _TENSORS:
                    tensors[f"{index}/{side}/{name}"] = getattr(features, name).contiguous()
                tensors |= extra_tensors(features.extra, f"{index}/{side}")
        header = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "layouts": {
                layout.digest: layout.to_json()
                for layout in (example.request.layout for example in self.examples)
            },
            "examples": [_to_json(example) for example in self.examples],
        }
        with replacing(path, FormatError) as part:
            save_file(tensors, part, metadata={HEADER: json.dumps(with_digest(tensors, header))})

    @classmethod
    def load(cls, path: str | os.PathLike[str], folder: Path | None = None) -> PreparedDataset:
        """Read what :meth:`save` wrote.

        Raises
        ------
        FormatError
            If it is missing, damaged, or something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="pt") as handle:
                header = parse_json((handle.metadata() or {})[HEADER], finite=False)
                if header["format_version"] != FORMAT_VERSION:
                    raise FormatError(
                        f"{path} has format version {header['format_version']!r}; this djtrans "
                        f"reads {FORMAT_VERSION}. Give the prepared folder itself."
                    )
                stored = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
                if not is_intact(stored, header):
                    raise FormatError(
                        f"{path} is damaged: its content does not match its digest. Give the "
                        "prepared folder itself."
                    )
                layouts = {d: Layout.from_json(rows) for d, rows in header["layouts"].items()}
                examples = [
                    _from_json(fields, str(index), layouts, handle)
                    for index, fields in enumerate(header["examples"])
                ]
        except FormatError:
            raise
        except (SafetensorError, OSError, RuntimeError, *MALFORMED) as error:
            raise FormatError(
                f"{path} holds no readable prepared pairs ({error}); give the prepared folder."
            ) from None
        return cls(examples=examples, folder=folder)


def _report_split(pairs: Sequence[tuple[str, ...]], held: Sequence[bool | None]) -> None:
    """Report pairs that are in neither part, or else recordings that are in both."""
    if lost := sum(part is None for part in held):
        warnings.warn(
            f"{lost} of {len(pairs)} prepared pairs are in neither training nor validation: they "
            "link recordings of both.",
            stacklevel=4,
        )
    train, validate = (
        {track for pair, part in zip(pairs, held, strict=True) if part is side for track in pair}
        for side in (False, True)
    )
    if both := len(train & validate):
        warnings.warn(
            f"{both} of {len(train | validate)} recordings of the prepared pairs are in training "
            "and validation: all pairs are linked; prepare more tracks.",
            stacklevel=4,
        )


def _to_json(example: PreparedExample) -> dict[str, Any]:
    return {
        "name": example.name,
        "digest": example.digest,
        "tracks": example.tracks,
        "sample_rate": example.sample_rate,
        "layout": example.request.layout.digest,
        "request": _plain(example.request, _APART),
        "extractors": dict(example.extractors),
        **{
            side: {**_plain(features, _TENSORS), "extra": list(features.extra)}
            for side, features in example.sides.items()
        },
    }


def _plain(record: Any, apart: Collection[str]) -> dict[str, Any]:
    """Convert the fields of a record, except some, to JSON-ready values."""
    fields = {
        field.name: getattr(record, field.name)
        for field in attrs.fields(type(record))
        if field.name not in (*apart, "extra")
    }
    if "sections" in fields:
        fields["sections"] = [attrs.asdict(section) for section in fields["sections"]]
    return fields


def _from_json(
    fields: Mapping[str, Any], index: str, layouts: Mapping[str, Layout], handle: Any
) -> PreparedExample:
    request: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in fields["request"].items()
    }
    return PreparedExample(
        name=fields["name"],
        digest=fields["digest"],
        tracks=fields["tracks"],
        sample_rate=fields["sample_rate"],
        request=CurveRequest(
            layout=layouts[fields["layout"]],
            features_a=_features(fields["a"], f"{index}/a", handle),
            features_b=_features(fields["b"], f"{index}/b", handle),
            **request,
        ),
        values=handle.get_tensor(f"{index}/values"),
        extractors=fields.get("extractors", {}),
    )


def _features(fields: Mapping[str, Any], at: str, handle: Any) -> TrackFeatures:
    return TrackFeatures(
        **{
            **fields,
            "phrase_beats": tuple(fields["phrase_beats"]),
            "sections": tuple(BeatSection(**section) for section in fields["sections"]),
            "extra": read_extra(handle, fields.get("extra", ()), at),
        },
        **{name: handle.get_tensor(f"{at}/{name}") for name in _TENSORS},
    )
