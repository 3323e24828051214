"""The default conditioning encoders: what a model is told of the tracks and of the wish."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.encoder import EncoderDeclaration
from djtrans.core.contracts.hooks import hookimpl


@attrs.frozen
class TechniqueEncoderConfig:
    """Which techniques can be asked for."""

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


@hookimpl
def djtrans_encoders() -> Iterable[EncoderDeclaration]:
    """What the tracks sound like, what is wished for, and nothing."""
    yield EncoderDeclaration(
        name="audio",
        version=2,  # 1 was not told where a voice rests
        summary="Both tracks frame by frame: levels, onsets, voice, beat, bar, phrase and section.",
        factory="djtrans.plugins.encoders.audio:AudioEncoder",
    )
    yield EncoderDeclaration(
        name="technique",
        summary="The technique that is wished for, the swap and what lies on it.",
        factory="djtrans.plugins.encoders.technique:TechniqueEncoder",
        config=TechniqueEncoderConfig,
    )
    yield EncoderDeclaration(
        name="none",
        summary="Nothing: a model that draws without listening.",
        factory="djtrans.plugins.encoders.none:NoEncoder",
    )
