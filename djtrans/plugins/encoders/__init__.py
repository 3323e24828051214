"""Default encoders: conditioning on the tracks and on the technique."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.encoder import EncoderDeclaration
from djtrans.core.contracts.hooks import hookimpl


@attrs.frozen
class TechniqueEncoderConfig:
    """Vocabulary of the technique encoder."""

    techniques: tuple[str, ...] = setting(
        (
            "djtrans/fade",
            "djtrans/bass-swap",
            "djtrans/long-blend",
            "djtrans/eq-blend",
            "djtrans/filter-sweep",
            "djtrans/echo-out",
            "djtrans/wash-out",
            "djtrans/cut",
            "djtrans/drop-swap",
            "djtrans/double-drop",
            "djtrans/stem-swap",
            "djtrans/acapella",
        ),
        "Qualified names, in the order of the channels.",
    )


@attrs.frozen
class TechniqueVocabulary:
    """Vocabulary of the technique encoder since version 2."""

    techniques: tuple[str, ...] = setting(
        (
            *TechniqueEncoderConfig().techniques,
            "djtrans/drum-bridge",
            "djtrans/tempo-ride",
            "djtrans/loop-out",
            "djtrans/half-time",
            "djtrans/brake",
            "djtrans/backspin",
        ),
        "Qualified names, in the order of the channels.",
    )


@hookimpl
def djtrans_encoders() -> Iterable[EncoderDeclaration]:
    """Declare the encoders of the tracks, the technique and the objective, and the empty one."""
    yield EncoderDeclaration(
        name="audio",
        version=2,  # 1 had no channel for vocal rests
        summary="Both tracks per frame: levels, onsets, vocals, beat, bar, phrase and section.",
        factory="djtrans.plugins.encoders.audio:ThreeBandEncoder",
    )
    yield EncoderDeclaration(
        name="audio",
        version=3,  # kick and bass are separate from the other lows, and there is chroma
        summary="Both tracks per frame: levels, onsets, vocals, chroma, beat, bar and section.",
        factory="djtrans.plugins.encoders.audio:AudioEncoder",
        extractor="djtrans.plugins.encoders.audio_extractor:AudioExtractor",
    )
    yield EncoderDeclaration(
        name="technique",
        summary="The requested technique, the swap and its anchors.",
        factory="djtrans.plugins.encoders.technique:SwapStepEncoder",
        config=TechniqueEncoderConfig,
    )
    yield EncoderDeclaration(
        name="technique",
        version=2,  # all techniques; the distance to the swap instead of before or after it
        summary="The requested technique, the swap and its anchors.",
        factory="djtrans.plugins.encoders.technique:TechniqueEncoder",
        config=TechniqueVocabulary,
    )
    yield EncoderDeclaration(
        name="objective",
        summary="How far the curves should improve on the technique's own.",
        factory="djtrans.plugins.encoders.objective:ObjectiveEncoder",
    )
    yield EncoderDeclaration(
        name="none",
        summary="No conditioning, for an unconditional model.",
        factory="djtrans.plugins.encoders.none:NoEncoder",
    )
