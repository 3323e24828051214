"""Params file: JSON file from which a transition is rendered again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import numpy as np
import torch

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.config import as_tuple
from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec
from djtrans.core.curves.layout import Layout
from djtrans.core.curves.params import TransitionParams, frame_times
from djtrans.core.errors import FormatError
from djtrans.core.track.tags import Tags
from djtrans.core.transition.output_level import MATCH_A
from djtrans.core.transition.params_checks import (
    check_plan,
    check_provenance,
    check_ranges,
    check_rate,
    check_rows,
)
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.summary import Overview, check
from djtrans.core.util.atomic_files import reason, write_text
from djtrans.core.util.json_documents import read_json
from djtrans.core.util.strict_structure import make_converter, structure

FORMAT = "djtrans-params"
FORMAT_VERSION = 1


@attrs.frozen(kw_only=True)
class TrackRecord:
    """Track of a transition.

    Attributes
    ----------
    name : str
        File name.
    sha256 : str
        Hash of the file's bytes.
    separator : ComponentRecord
        Separator of its stems.
    isolation : {"good", "weak", "unknown"}
        Isolation that the separator declares.
    decoder : str
        Name and version of the decoder of the file.
    tags : Tags
        Tags of the file, for display.
    corrections : tuple of str
        Corrections of its analysis, with their sources, for display.
    """

    name: str
    sha256: str
    separator: ComponentRecord
    isolation: str = "unknown"
    decoder: str = ""
    tags: Tags = attrs.field(factory=Tags)
    corrections: tuple[str, ...] = attrs.field(default=(), converter=as_tuple)

    @property
    def label(self) -> str:
        """Artist and title, or the file name if there is no title."""
        return self.tags.label(self.name)


@attrs.frozen(kw_only=True)
class MixerRecord:
    """Mixer of a transition.

    Attributes
    ----------
    spec : MixerSpec
        Spec with the full configs of all nodes.
    config : MixerConfig
        Config of its short-time Fourier transform.
    versions : mapping of str to int
        Behaviour versions of its effects by qualified name.
    """

    spec: MixerSpec
    config: MixerConfig
    versions: Mapping[str, int]


@attrs.frozen(kw_only=True)
class RenderRecord:
    """Settings of the render of a transition.

    Attributes
    ----------
    sample_rate, channels : int
        Sample rate in Hz and number of channels.
    start, stop : int
        Span of the audio file on the timeline, in samples; 0 is the start of the window.
    seed : int
        Random seed.
    stretch : str
        Engine and version of the time stretch.
    djtrans : str
        Version of djtrans.
    level : str
        Level of the output, see :func:`djtrans.core.transition.output_level.read_level`.
    """

    sample_rate: int
    channels: int
    start: int
    stop: int
    seed: int
    stretch: str
    djtrans: str
    level: str = MATCH_A


@attrs.frozen(kw_only=True)
class ModelUse:
    """Model that generated the curves.

    Attributes
    ----------
    name, sha256 : str
        File name and hash of the file's bytes; the hash is empty if the weights were changed.
    scheduler : str
        Qualified name of the scheduler.
    scheduler_config : mapping
        Full config of the scheduler; empty in files of versions that did not record it.
    steps : int
        Sampling steps.
    guidance_scale : float
        Classifier-free guidance scale.
    others : mapping of str to tuple of str
        Parameters that the model did not generate, by their source: the qualified name of a
        technique, ``"neutral"``, or ``"the curves to vary"``.
    replaced : mapping of str to str
        Parts that differ from those of the file: ``module:Class`` of another ``"model"``,
        ``"network"``, ``"denoiser"``, ``"encoder 1"`` or ``"scheduler"``, and the digest of other
        ``"weights"``.
    """

    name: str
    sha256: str
    scheduler: str
    steps: int
    guidance_scale: float
    scheduler_config: Mapping[str, Any] = attrs.field(factory=dict)
    others: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    replaced: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class SamplingUse:
    """Sampling of the curves with guides, from other curves, or several times.

    Attributes
    ----------
    seed : int
        Seed of the curves.
    best_of : int
        Number of samples, of which the objectives chose one.
    objective_guidance : float
        Strength of the guidance by objectives; 0 is none.
    guides : tuple of str
        Classes or functions of other guides.
    strength : float, optional
        Noise fraction that was added to given curves; None for curves sampled from noise.
    """

    seed: int
    best_of: int = 1
    objective_guidance: float = 0.0
    guides: tuple[str, ...] = ()
    strength: float | None = None


@attrs.frozen(kw_only=True)
class FitUse:
    """Mix from which the curves were recovered by inverse mixing.

    Attributes
    ----------
    name, sha256 : str
        File name and hash of the file's bytes.
    steps : int
        Optimization steps.
    error_db : mapping of str to float
        Power of the residual relative to the mix in dB: in total, by band, of the magnitude spectra
        (``spectra``), and of the levels of bands (``levels``).
    """

    name: str
    sha256: str
    steps: int
    error_db: Mapping[str, float]


@attrs.frozen(kw_only=True)
class RefinementUse:
    """Refinement of the curves by objectives.

    Attributes
    ----------
    accepted : bool
        False if the curves are the original ones, since no refined ones were better.
    reason : str
        Why.
    level : str
        Whether the controls of whole tracks or of single stems were moved.
    config : mapping
        Full config of the refinement.
    weights : mapping of str to float
        Weights of the objectives.
    before, after : mapping of str to float
        Predicted values of the objectives.
    """

    accepted: bool
    reason: str
    level: str
    config: Mapping[str, Any]
    weights: Mapping[str, float]
    before: Mapping[str, float]
    after: Mapping[str, float]


@attrs.frozen(kw_only=True)
class Provenance:
    """Provenance of a transition: everything but the curves and the plan.

    Attributes
    ----------
    tracks : mapping of str to TrackRecord
        Both tracks, by ``"a"`` and ``"b"``.
    mixer : MixerRecord
        The mixer.
    render : RenderRecord
        Settings of the render.
    technique : ComponentRecord
        Technique of the plan. It generated the curves, unless there is a `model` or a `fit`.
    model : ModelUse, optional
        Model that generated the curves.
    sampling : SamplingUse, optional
        Guides, given curves or several samples.
    fit : FitUse, optional
        Mix from which the curves were recovered.
    refinement : RefinementUse, optional
        Refinement of the curves.
    """

    tracks: Mapping[str, TrackRecord]
    mixer: MixerRecord
    render: RenderRecord
    technique: ComponentRecord
    model: ModelUse | None = None
    sampling: SamplingUse | None = None
    fit: FitUse | None = None
    refinement: RefinementUse | None = None


@attrs.frozen(kw_only=True)
class ParamsFile:
    """Content of a params file.

    Attributes
    ----------
    params : TransitionParams
        The curves.
    plan : TransitionPlan
        The plan.
    provenance : Provenance
        Tracks, mixer, technique or model, and settings of the render.
    overview : Overview, optional
        Summary of the audio for plots; not needed for rendering.
    """

    params: TransitionParams
    plan: TransitionPlan
    provenance: Provenance
    overview: Overview | None = None


_converter = make_converter()


def save_params(path: str | os.PathLike[str], content: ParamsFile) -> None:
    """Write a params file, atomically.

    Parameters
    ----------
    path : path-like
        The file.
    content : ParamsFile
        Its content.

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
        # the shortest form of float32 that reads back to the same number
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

    Parameters
    ----------
    path : path-like
        The file.

    Raises
    ------
    FormatError
        If it is missing, is not a params file, has a newer format version, or is inconsistent.
    """
    document = _read(Path(path))
    try:
        return _content(document)
    except KeyError as error:
        raise FormatError(
            f"{path} is a damaged params file: the field {error} is missing. Generate it again."
        ) from None
    except (FormatError, TypeError, ValueError) as error:
        why = str(error).rstrip(".")
        raise FormatError(
            f"{path} is a damaged params file: {why}. Correct it, or generate it again."
        ) from None


def _content(document: Mapping[str, Any]) -> ParamsFile:
    """Convert a document, and check every field."""
    plan = structure(_converter, document["plan"], TransitionPlan, "plan")
    check_plan(plan)
    provenance = Provenance(**_provenance_fields(document))
    check_provenance(provenance)
    layout = Layout.from_json(document["layout"])
    if not layout.matches(document["layout_digest"]):
        raise FormatError(
            "its layout was edited and does not match its digest; edit only its values"
        )
    rate = check_rate(document["frames_per_beat"])
    frames = round((len(plan.beat_times) - 1) * rate)
    check_rows(document["values"], frames, len(layout))
    values = torch.tensor(document["values"], dtype=torch.float32)
    beats = torch.tensor(plan.beat_times, dtype=torch.float64)
    params = TransitionParams(values, layout, frame_times(beats, frames, rate), beats, rate)
    check_ranges(params)
    stored = document.get("overview")
    overview = None
    if stored is not None:
        overview = structure(_converter, stored, Overview, "overview")
        check(overview, plan.bars, plan.beats_per_bar)
    return ParamsFile(params=params, plan=plan, provenance=provenance, overview=overview)


def _provenance_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(Provenance)
    return {
        field.name: structure(_converter, document[field.name], hints[field.name], field.name)
        for field in attrs.fields(Provenance)
        if field.default is attrs.NOTHING or field.name in document
    }


def _read(path: Path) -> dict[str, Any]:
    kind = "is not a params file; give one that 'djtrans generate --save-params' wrote."
    try:
        document = read_json(path)
    except FileNotFoundError:
        raise FormatError(f"There is no file {str(path)!r}; check the path.") from None
    except OSError as error:
        raise FormatError(f"Cannot read {str(path)!r}: {reason(error)}") from None
    except ValueError as error:
        raise FormatError(f"{str(path)!r} is not JSON ({error}), so it {kind}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f"{str(path)!r} {kind}")
    if document.get("format_version") != FORMAT_VERSION:
        raise FormatError(
            f"{str(path)!r} has format version {document.get('format_version')!r}; this version of "
            f"djtrans reads {FORMAT_VERSION}. Use the version of djtrans that wrote it."
        )
    return document


def _dump(document: Mapping[str, Any]) -> str:
    """Format JSON with each frame, layout row and track's overview on one line."""
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
