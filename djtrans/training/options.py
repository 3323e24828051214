"""What can be chosen of a training run."""

from __future__ import annotations

import json

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.errors import ConfigError
from djtrans.diffusion.objective import Objective


@attrs.frozen
class TrainOptions:
    """A training run; two runs with the same options and data give the same losses.

    The learning rate rises over the first `warmup_steps`, stays, and falls to zero over the last
    part of the run (`decay`), so the number of steps is part of what the run is.
    """

    steps: int = setting(100_000, "Steps in all.", minimum=1)
    batch_size: int = setting(
        32, "Transitions of 16 bars in a step, or as many frames of other lengths.", minimum=1
    )
    lr: float = setting(1e-4, "Learning rate after the warm-up.", minimum=0.0, maximum=1.0)
    warmup_steps: int = setting(500, "Steps in which the learning rate rises.", minimum=0)
    decay: float = setting(
        0.2, "Last part of the run in which it falls.", unit="fraction", minimum=0.0, maximum=1.0
    )
    weight_decay: float = setting(0.01, "AdamW's decay of weights.", minimum=0.0, maximum=1.0)
    clip_norm: float = setting(1.0, "Largest norm of the gradient.", minimum=1e-6)
    ema_decay: float = setting(
        0.999, "How slowly the averaged weights follow.", unit="per step", minimum=0.0, maximum=1.0
    )
    save_every: int = setting(10_000, "Steps between checkpoints.", minimum=1)
    validate_every: int = setting(1_000, "Steps between validations.", minimum=1)
    validation_batches: int = setting(8, "Batches of a validation.", minimum=1)
    seed: int = setting(0, "Seed of weights, data and noise.", minimum=0)
    amp: bool = setting(False, "Compute in bfloat16 where that is safe; CUDA only.")
    objective: Objective = attrs.field(factory=Objective)
    audio_weight: float = setting(
        0.0, "Weight of the loss that is heard; 0 leaves it out.", minimum=0.0, maximum=100.0
    )
    audio_loss: str = setting(
        "spectral", "How that loss compares mixes.", choices=("spectral", "mel")
    )
    shares: tuple[float, ...] = setting(
        (),
        "Part of the batches that each source gives; empty: by their frames.",
        minimum=0.0,
        maximum=1.0,
    )

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.objective, Objective):
            raise ConfigError("TrainOptions.objective must be an Objective.")

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> TrainOptions:
        """The inverse of :meth:`to_json`."""
        fields = json.loads(text)
        return cls(**{**fields, "objective": Objective(**fields["objective"])})

    def lr_at(self, step: int) -> float:
        """Compute the learning rate of a step, counted from 0."""
        # A function of the step, unlike torch's schedulers: there is no state to save and resume.
        rise = min(1.0, (step + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        falling = self.decay * self.steps
        fall = min(1.0, (self.steps - step) / falling) if falling else 1.0
        return self.lr * min(rise, fall)
