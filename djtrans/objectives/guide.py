"""Guide the sampling of a model by the gradient of objectives."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.scheduler import Level
from djtrans.core.curves.request import CurveRequest
from djtrans.objectives.prediction import PowerModel
from djtrans.objectives.registered import WeightedObjectives

#: Largest change of a value in one step, in the range -1 to 1: no strength makes sampling diverge.
LARGEST_STEP = 0.25


@attrs.frozen
class GuideConfig:
    """Settings of the guidance by objectives."""

    strength: float = setting(
        0.05, "Root mean square of a step, in the range -1 to 1.", minimum=0.0, maximum=100.0
    )
    steps: int = setting(3, "Steps at each noise level.", minimum=1, maximum=100)
    interval: tuple[float, float] = setting(
        (0.0, 0.9),
        "Lowest and highest noise fraction at which to guide.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )


class ObjectiveGuide:
    """Guide that lowers objectives by descent on the clean curves.

    Each step has a given root mean square and is halved until it lowers the sum of the objectives;
    a step that never does is left out, so that no strength makes the objectives worse.

    Parameters
    ----------
    model : PowerModel
        Predicts the powers of the transition.
    objectives : WeightedObjectives
    config : GuideConfig, optional

    See Also
    --------
    djtrans.diffusion.DiffusionModel.generate_many : Sample with guides.
    """

    def __init__(
        self, model: PowerModel, objectives: WeightedObjectives, config: GuideConfig | None = None
    ) -> None:
        self.model, self.objectives = model, objectives.descending()
        self.config = config if config is not None else GuideConfig()
        parameters = [row.parameter for row in model.mixer.layout.rows]
        self._minimum = torch.tensor([p.minimum for p in parameters])
        self._span = torch.tensor([p.span for p in parameters])

    def __call__(self, clean: Tensor, level: Level, request: CurveRequest) -> Tensor:
        """Change clean curves ``[batch, frames, parameters]``, -1 to 1, at a noise level."""
        low, high = self.config.interval
        if not low <= level.noise_fraction <= high or self.config.strength == 0.0:
            return clean
        # Early predictions are coarse; steps grow as the noise falls.
        size = self.config.strength * (1.0 - level.noise_fraction)
        x = clean
        for _ in range(self.config.steps):
            with torch.enable_grad():
                at = x.detach().requires_grad_()
                total = self._total(at)
                (gradient,) = torch.autograd.grad(total.sum(), at)
            x = self._step(x, gradient, total.detach(), size)
        return x

    def _step(self, x: Tensor, gradient: Tensor, total: Tensor, size: float) -> Tensor:
        rms = gradient.square().mean(dim=(1, 2), keepdim=True).sqrt()
        step = (size * gradient / (rms + 1e-12)).clamp(-LARGEST_STEP, LARGEST_STEP)
        factor = torch.ones_like(rms)
        for _ in range(4):
            moved = (x - factor * step).clamp(-1.0, 1.0)
            with torch.no_grad():
                better = self._total(moved) <= total
            if bool(better.all()):
                break
            factor = torch.where(better[:, None, None], factor, 0.5 * factor)
        return torch.where(better[:, None, None], moved, x)

    def _total(self, x: Tensor) -> Tensor:
        values = self._minimum.to(x) + 0.5 * (x + 1.0) * self._span.to(x)
        return self.objectives.evaluate(self.model.predict(values)).total
