r"""An objective in 20 lines: late vocals of B, which guide a model and refine its curves.

::

    djtrans --plugin examples/own_objective.py generate a.wav b.wav -o out.wav \
        --objective-guidance 0.05 --best-of 8 --refine powers
"""

import djtrans


class LateVocals:
    """Beats before the swap on which B's vocals are open."""

    def __init__(self, config):
        pass

    def evaluate(self, mix):
        """Rate a batch of predicted transitions; differentiable in the curves."""
        gain = mix.b.gains[:, mix.b.source.stem_names.index("vocals")]  # [batch, cells, bands]
        beats = mix.beat_mean(gain.mean(dim=-1))
        return beats[:, : round(mix.swap_beat)].sum(dim=-1)


@djtrans.hookimpl
def djtrans_objectives():
    """Register the objective, with what one beat costs."""
    yield djtrans.ObjectiveDeclaration(
        name="late-vocals",
        summary="Beats before the swap on which B's vocals are open.",
        factory=LateVocals,
        unit="beats",
        weight=2.0,
    )
