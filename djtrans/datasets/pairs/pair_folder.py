"""Folders of prepared pairs: stems, transition, curves and analyses."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import attrs
import cattrs

from djtrans.core.audio.io import load_audio, write_audio
from djtrans.core.errors import FormatError
from djtrans.core.track.analysis_io import analysis_from_dict, analysis_to_dict
from djtrans.core.track.stem_files import load_stems, save_stems
from djtrans.core.transition.alignment import window_span
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.core.util.atomic_files import replacing_folder
from djtrans.core.util.checksums import write_checksums
from djtrans.core.util.json_documents import MALFORMED, read_document
from djtrans.datasets.pairs.pair import PairedTrack, PreparedPair

FORMAT = "djtrans-pair"
FORMAT_VERSION = 1
STEMS_A, STEMS_B = "track_a_stems", "track_b_stems"
TRANSITION, PARAMS, ANALYSIS = "transition.wav", "params.json", "analysis.json"
#: Of every audio file. Unlike a file of floats, it holds no time of writing.
SUBTYPE = "PCM_24"
_AGAIN = "Delete its folder and prepare it again."


@attrs.frozen(kw_only=True)
class PairFacts:
    """Content of a pair's ``analysis.json``.

    Attributes
    ----------
    technique : str
        Qualified name; empty where the curves were recovered from a mix.
    bars, swap_beat : int
        Of the window.
    gain_db : float
        See :class:`~djtrans.datasets.pairs.pair.PreparedPair`.
    key : str
        Digest of what the pair was made from and how.
    track_a, track_b : PairedTrack
    """

    technique: str
    bars: int
    swap_beat: int
    gain_db: float
    key: str
    track_a: PairedTrack
    track_b: PairedTrack


def write_pair(folder: str | os.PathLike[str], pair: PreparedPair) -> None:
    """Write a pair's folder, which appears whole or not at all.

    Parameters
    ----------
    folder : path
        What was there before is replaced.
    pair : PreparedPair

    Raises
    ------
    InputError
        If it cannot be written.
    """
    plan = pair.plan
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "technique": pair.technique,
        "bars": plan.bars,
        "swap_beat": plan.swap_beat,
        "gain_db": pair.gain_db,
        "key": pair.key,
        "track_a": _track_to_dict(pair.track_a),
        "track_b": _track_to_dict(pair.track_b),
    }
    with replacing_folder(folder) as part:
        save_stems(pair.stems_a, part / STEMS_A, SUBTYPE)
        save_stems(pair.stems_b, part / STEMS_B, SUBTYPE)
        write_audio(part / TRANSITION, pair.mix, pair.sample_rate, SUBTYPE)
        save_params(part / PARAMS, pair.content)
        (part / ANALYSIS).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        write_checksums(part)


def read_pair(folder: str | os.PathLike[str]) -> PreparedPair:
    """Read a pair's folder.

    Raises
    ------
    InputError
        If there is none.
    FormatError
        If it is damaged or contradicts itself.
    SeparationError, AudioFileError
        If a stem or the transition is missing or cannot be read.
    """
    root = Path(folder)
    facts = read_facts(root)
    content = load_params(root / PARAMS)
    shape = content.provenance.render
    names = content.provenance.mixer.spec.stems
    stems_a, stems_b = (load_stems(root / side, names) for side in (STEMS_A, STEMS_B))
    mix, rate = load_audio(root / TRANSITION)
    samples = window_span(content.plan, shape.sample_rate).samples
    for what, found in (
        (STEMS_A, (stems_a.sample_rate, stems_a.samples)),
        (STEMS_B, (stems_b.sample_rate, stems_b.samples)),
        (TRANSITION, (rate, mix.shape[-1])),
    ):
        if found != (shape.sample_rate, samples):
            raise FormatError(
                f"{root / what} has {found[1]} samples at {found[0]} Hz, but the window of its "
                f"plan has {samples} at {shape.sample_rate} Hz. {_AGAIN}"
            )
    return PreparedPair(
        stems_a=stems_a,
        stems_b=stems_b,
        mix=mix,
        content=content,
        track_a=facts.track_a,
        track_b=facts.track_b,
        gain_db=facts.gain_db,
        key=facts.key,
    )


def read_facts(folder: str | os.PathLike[str]) -> PairFacts:
    """Read ``analysis.json`` of a pair, without its audio.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it is none of ours.
    """
    file = Path(folder) / ANALYSIS
    document = read_document(
        file,
        FORMAT,
        FORMAT_VERSION,
        expected="prepared pair; give a folder that 'djtrans prepare' wrote",
        again=_AGAIN,
    )
    try:
        a, b = (_track_from_dict(document.pop(f"track_{side}")) for side in "ab")
        return PairFacts(**document, track_a=a, track_b=b)
    except (*MALFORMED, cattrs.BaseValidationError) as error:
        raise FormatError(f"{file} is no sound pair: {error}. {_AGAIN}") from None


def _track_to_dict(track: PairedTrack) -> dict[str, Any]:
    level = track.reference_db
    return {
        "name": track.name,
        "sha256": track.sha256,
        "isolated": track.isolated,
        "laid_rate": track.laid_rate,
        **({"recording": track.recording} if track.recording else {}),
        # JSON has no infinity, which is the level of what is all but silent.
        "reference_db": level if math.isfinite(level) else None,
        "analysis": analysis_to_dict(track.analysis),
    }


def _track_from_dict(fields: dict[str, Any]) -> PairedTrack:
    level = fields.pop("reference_db")
    return PairedTrack(
        analysis=analysis_from_dict(fields.pop("analysis")),
        reference_db=-math.inf if level is None else float(level),
        **fields,
    )
