"""The default mixer, ``dj54``: four stems, 54 parameters."""

from __future__ import annotations

from collections.abc import Iterable

from djtrans.core.contracts.config import NoConfig
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.track.stem_names import STEMS

DJ54 = MixerSpec(
    stems=STEMS,
    stem_chain=(
        NodeSpec("fader", "djtrans/gain"),
        NodeSpec("eq", "djtrans/eq3"),
        NodeSpec("lpf", "djtrans/lowpass"),
        NodeSpec("hpf", "djtrans/highpass"),
    ),
    track_chain=(
        NodeSpec("reverb", "djtrans/reverb"),
        NodeSpec("delay", "djtrans/delay"),
    ),
    # The other names are as wanted by themselves: node id and parameter, "eq_low", "delay_send".
    aliases={"fader/gain": "gain", "lpf/cutoff": "lpf", "hpf/cutoff": "hpf"},
)


def dj54(config: NoConfig | None = None) -> MixerSpec:
    """Return the spec of the default mixer."""
    return DJ54


@hookimpl
def djtrans_mixers() -> Iterable[MixerDeclaration]:
    """Declare the default mixer."""
    yield MixerDeclaration(
        name="dj54",
        summary="Fader, isolator and two filters on each of four stems; reverb and echo per track.",
        factory="djtrans.plugins.mixers:dj54",
    )
