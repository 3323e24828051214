"""The params file: all that it takes to render a transition again, as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import cattrs
import numpy as np
import torch

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.errors import FormatError
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.summary import Overview, check
from djtrans.core.util.atomic_files import write_text

FORMAT = "djtrans-params"
FORMAT_VERSION = 1


@attrs.frozen(kw_only=True)
class TrackRecord:
    """A track as it was used.

    Attributes
    ----------
    name : str
        File name.
    sha256 : str
        Hash of the file's bytes.
    separator : ComponentRecord
    isolation : {"good", "weak", "unknown"}
        How well that separator keeps the stems apart, as it declares it.
    """

    name: str
    sha256: str
    separator: ComponentRecord
    isolation: str = "unknown"


@attrs.frozen(kw_only=True)
class MixerRecord:
    """The mixer as it was used: spec with full configs, its computation, its effects' versions."""

    spec: MixerSpec
    config: MixerConfig
    versions: Mapping[str, int]


@attrs.frozen(kw_only=True)
class RenderRecord:
    """How the audio was made from plan and curves.

    Attributes
    ----------
    sample_rate, channels : int
    start, stop : int
        Span of the file on the common clock, in samples; 0 is the start of the window.
    seed : int
    stretch : str
        Engine and version of the time stretch.
    djtrans : str
        Version of djtrans.
    """

    sample_rate: int
    channels: int
    start: int
    stop: int
    seed: int
    stretch: str
    djtrans: str


@attrs.frozen(kw_only=True)
class ModelUse:
    """A model as it was used: the file's name and hash, and how it was sampled.

    `scheduler_config` is the scheduler's full config; empty in files of versions that did not
    record it.
    """

    name: str
    sha256: str
    scheduler: str
    steps: int
    guidance_scale: float
    scheduler_config: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class FitUse:
    """A mix that the curves were recovered from: its name and hash, and what is left of it.

    `error_db` is the power of what the curves do not explain over that of the mix, in all and by
    band, and that of the magnitude spectra (``spectra``).
    """

    name: str
    sha256: str
    steps: int
    error_db: Mapping[str, float]


@attrs.frozen(kw_only=True)
class Provenance:
    """Everything but the curves and the plan.

    `technique` is what the plan was made for; it drew the curves unless a `model` did, or they
    were recovered from a mix (`fit`).
    """

    tracks: Mapping[str, TrackRecord]
    mixer: MixerRecord
    render: RenderRecord
    technique: ComponentRecord
    model: ModelUse | None = None
    fit: FitUse | None = None


@attrs.frozen(kw_only=True)
class ParamsFile:
    """The content of a params file.

    Attributes
    ----------
    params : TransitionParams
    plan : TransitionPlan
    provenance : Provenance
    overview : Overview, optional
        What pictures need of the audio. Rendering does without.
    """

    params: TransitionParams
    plan: TransitionPlan
    provenance: Provenance
    overview: Overview | None = None


_converter = cattrs.Converter(forbid_extra_keys=True)


def save_params(path: str | os.PathLike[str], content: ParamsFile) -> None:
    """Write a params file; it appears whole or not at all.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    params = content.params
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "frames_per_beat": params.frames_per_beat,
        "layout_digest": params.layout.digest,
        "layout": params.layout.to_json(),
        "plan": _converter.unstructure(content.plan),
        **_converter.unstructure(content.provenance),
        # float32 in its shortest form that reads back to the same number
        "values": [
            [float(str(value)) for value in frame]
            for frame in params.values.detach().cpu().numpy().astype(np.float32)
        ],
    }
    if content.overview is not None:
        document["overview"] = _converter.unstructure(content.overview)
    write_text(path, _dump(document), FormatError)


def load_params(path: str | os.PathLike[str]) -> ParamsFile:
    """Read a params file.

    Raises
    ------
    FormatError
        If it is missing, is not one, comes from a newer format, or contradicts itself.
    """
    document = _read(Path(path))
    try:
        plan = _converter.structure(document["plan"], TransitionPlan)
        provenance = _converter.structure(
            {
                field.name: document[field.name]
                for field in attrs.fields(Provenance)
                if field.default is attrs.NOTHING or field.name in document
            },
            Provenance,
        )
        layout = Layout.from_json(document["layout"])
        values = torch.tensor(document["values"], dtype=torch.float32)
        beats = torch.tensor(plan.beat_times, dtype=torch.float64)
        rate = document["frames_per_beat"]
        params = TransitionParams(
            values, layout, frame_times(beats, len(values), rate), beats, rate
        )
        digest = document["layout_digest"]
        stored = document.get("overview")
        overview = None if stored is None else _converter.structure(stored, Overview)
    except cattrs.BaseValidationError as error:
        why = "; ".join(cattrs.transform_error(error))
        raise FormatError(f"{path} is a damaged params file: {why}. Generate it again.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(
            f"{path} is a damaged params file ({type(error).__name__}: {error}). Generate it again."
        ) from error
    if layout.digest != digest:
        raise FormatError(
            f"{path} contradicts itself: its layout was edited without its digest. "
            "Edit only its values, or generate it again."
        )
    _check_values(path, params, plan)
    if overview is not None:
        try:
            check(overview, plan.bars, plan.beats_per_bar)
        except FormatError as error:
            raise FormatError(f"{path} contradicts itself. {error}") from None
    return ParamsFile(params=params, plan=plan, provenance=provenance, overview=overview)


def _check_values(path: object, params: TransitionParams, plan: TransitionPlan) -> None:
    """Refuse hand-edited curves that do not fit the window or leave their range."""
    wanted = round((len(plan.beat_times) - 1) * params.frames_per_beat)
    if params.n_frames != wanted:
        raise FormatError(
            f"{path} has {params.n_frames} frames, but its window of {plan.bars} bars at "
            f"{params.frames_per_beat:g} frames per beat takes {wanted}."
        )
    for row in params.layout.rows:
        p, curve = row.parameter, params.values[:, row.index]
        wrong = ~((curve >= p.minimum) & (curve <= p.maximum))
        if wrong.any():
            frame = int(wrong.nonzero()[0])
            raise FormatError(
                f"{path}: {row.key} is {float(curve[frame]):g} in frame {frame}; "
                f"give {p.minimum:g} to {p.maximum:g}."
            )


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"There is no file {str(path)!r}.") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FormatError(
            f"{str(path)!r} is not a params file ({type(error).__name__}); give one that "
            "'djtrans generate --save-params' wrote."
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(
            f"{str(path)!r} is not a params file; give one that "
            "'djtrans generate --save-params' wrote."
        )
    if document.get("format_version") != FORMAT_VERSION:
        raise FormatError(
            f"{str(path)!r} has format version {document.get('format_version')!r}; this djtrans "
            f"reads {FORMAT_VERSION}. Use the version of djtrans that wrote it."
        )
    return document


def _dump(document: Mapping[str, Any]) -> str:
    """JSON with one frame, one layout row, one track's overview, on a line."""
    lines = []
    for key, value in document.items():
        if key in ("values", "layout"):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            text = f"[\n  {rows}\n ]"
        elif key == "overview":
            compact = {k: json.dumps(v, separators=(",", ":")) for k, v in value.items()}
            parts = (f"{json.dumps(k)}: {v}" for k, v in compact.items())
            text = "{\n  " + ",\n  ".join(parts) + "\n }"
        else:
            text = json.dumps(value, indent=1).replace("\n", "\n ")
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
