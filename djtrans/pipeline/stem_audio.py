"""Render the stems of a finished transition, each as it is in the mix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from djtrans.core.errors import InputError
from djtrans.core.transition.export_inputs import ExportAudio
from djtrans.mixer.stem_rendering import render_stem

if TYPE_CHECKING:
    from djtrans.pipeline.transition import Transition

#: Largest sample of what is not part of any stem: rounding, -80 dBFS.
_ROUNDING = 1e-4


def render_stem_audio(transition: Transition) -> ExportAudio:
    """Render each stem of each track once more, alone.

    Parameters
    ----------
    transition : Transition
        With the mixer that rendered it.

    Returns
    -------
    ExportAudio
        Over the span of the transition.

    Raises
    ------
    InputError
        If the transition holds no mixer.
    """
    mixer, r = transition.mixer, transition.rendered
    if mixer is None:
        raise InputError(
            "This transition holds no mixer to render its stems with; render its params file first."
        )
    heard, sources = {}, {}
    for stem in mixer.spec.stems:
        alone = render_stem(
            mixer,
            transition.params,
            transition.plan,
            transition.a,
            transition.b,
            r.span,
            stem,
            gain_db=r.trim_db,
            seed=transition.provenance.render.seed,
        )
        for side, own, source in (("a", alone.a, alone.solo_a), ("b", alone.b, alone.solo_b)):
            heard[f"{side}/{stem}"], sources[f"{side}/{stem}"] = own, source
    for side, whole in (("a", r.a), ("b", r.b)):
        stems = [audio for key, audio in heard.items() if key.startswith(f"{side}/")]
        rest = whole - sum(stems)
        if float(rest.abs().max()) > _ROUNDING:
            # Only away from the window, where no stem is processed.
            heard[f"{side}/unseparated"] = sources[f"{side}/unseparated"] = rest
    order = sorted(heard, key=lambda key: key[0])
    return ExportAudio(
        mix=r.mix,
        heard={key: heard[key] for key in order},
        sources={key: sources[key] for key in order},
    )
