"""Training loss on the predicted mix: the objectives, differentiable and without rendering."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from djtrans.datasets.batch import MixSources
from djtrans.diffusion.normalization import Scaling
from djtrans.mixer.mixer import Mixer
from djtrans.objectives import PowerModel, WeightedObjectives
from djtrans.refinement.controls import make_controls


class MixLoss:
    """Objectives of the mix that predicted curves would make.

    Loss of a transition with noise fraction t: ``(1 - t) * (log(1 + J) + D / (1 + J0))``, with
    the weighted sum J of the objectives that can be descended on, J0 that of the target, and D the
    sum of those weighted objectives that are worse than the target's, by as much as they are worse.
    The logarithm gives transitions between quiet and loud passages equal weight; D prevents that
    one objective improves at the cost of another. It is the reward that is backpropagated through
    the clean prediction in ReFL [1]_, at all noise levels: at high ones, where the prediction is a
    mean over possible curves, it counts less.

    The gradient is restricted to moves of a DJ's controls on bar lines, without the low band, whose
    exchange belongs on phrase boundaries (:meth:`djtrans.refinement.controls.Controls.project`):
    all parameters at each frame would fit the mix with movements that nobody plays. A boost above
    neutral counts as far as the target has it, since level that the tracks do not have is no way to
    fill a dip.

    Parameters
    ----------
    mixer : Mixer
        Mixer with the layout of the curves; not trained.
    objectives : WeightedObjectives

    References
    ----------
    .. [1] J. Xu et al., ImageReward: Learning and Evaluating Human Preferences for Text-to-Image
       Generation, NeurIPS 2023.

    See Also
    --------
    AudioLoss : Loss on rendered audio.

    Examples
    --------
    >>> import djtrans
    >>> from djtrans.objectives import load_objectives
    >>> loss = djtrans.training.MixLoss(djtrans.DifferentiableDJMixer(), load_objectives())
    >>> "loudness-dip" in loss.objectives.weights
    True
    """

    def __init__(self, mixer: Mixer, objectives: WeightedObjectives) -> None:
        self.mixer, self.objectives = mixer, objectives.descending()
        self._scaling = Scaling(mixer.layout)

    def __call__(
        self,
        predicted: Tensor,
        target: Tensor,
        noise_fraction: Tensor,
        mixes: Sequence[MixSources],
    ) -> Tensor:
        """Compute the mean over some transitions; 0 if there is none.

        Parameters
        ----------
        predicted, target : Tensor
            ``[batch, frames, parameters]`` clean curves, -1 to 1. Predictions outside are clipped.
        noise_fraction : Tensor
            ``[batch]``, 0 to 1.
        mixes : sequence of MixSources
            Stem powers of some transitions of the batch.

        Returns
        -------
        Tensor
            A scalar.
        """
        total = predicted.new_zeros(())
        with torch.autocast(predicted.device.type, enabled=False):
            for mix in mixes:
                goal = self._scaling.from_model(target[mix.row].float())
                values = self._playable(predicted[mix.row].float(), goal, mix)
                loss = self._transition_loss(values, goal, mix.model(self.mixer))
                total = total + (1.0 - noise_fraction[mix.row]) * loss
        return total / max(1, len(mixes))

    def _transition_loss(self, values: Tensor, target: Tensor, model: PowerModel) -> Tensor:
        """Rate curves ``[frames, parameters]`` beside those of the target."""
        found = self.objectives.evaluate(model.predict(values))
        with torch.no_grad():
            own = self.objectives.evaluate(model.predict(target))
        worse = [
            weight * (found.values[name] - own.values[name]).clamp(min=0.0)
            for name, weight in self.objectives.weights.items()
        ]
        loss = torch.log1p(found.total) + torch.stack(worse).sum(dim=0) / (1.0 + own.total)
        return loss[0]

    def _playable(self, predicted: Tensor, target: Tensor, mix: MixSources) -> Tensor:
        """Scale curves to the units of the parameters, to be changed by a DJ's controls."""
        isolated = all(source.isolated for source in mix.sources)
        controls = make_controls(
            self.mixer.layout,
            target,
            mix.frames_per_beat * mix.beats_per_bar,
            "stem" if isolated else "track",
        )
        return controls.limit(controls.project(self._scaling.from_model(predicted)))
