"""Options of a training run: optimizer, schedule, validation and losses."""

from __future__ import annotations

import json

import attrs

from djtrans.core.contracts.config import LARGEST_SEED, setting
from djtrans.core.errors import ConfigError
from djtrans.core.util.json_documents import parse_json
from djtrans.diffusion.objective import Objective


@attrs.frozen
class TrainOptions:
    """Options of a training run; runs with equal options and data have equal losses.

    The learning rate rises over the first `warmup_steps`, is constant, and decays to zero over the
    last part of the run (`decay`), so it depends on the number of steps.

    See Also
    --------
    train_model : Train with these options.
    djtrans.diffusion.Objective : Noise levels and weights of the loss.

    Examples
    --------
    >>> from djtrans.training import TrainOptions
    >>> options = TrainOptions(steps=1000, lr=3e-4, warmup_steps=100)
    >>> options.lr_at(500)
    0.0003
    """

    steps: int = setting(100_000, "Number of steps.", minimum=1)
    batch_size: int = setting(
        32,
        "Transitions of 16 bars per step; equally many frames for other lengths.",
        minimum=1,
        maximum=65536,
    )
    accumulate: int = setting(
        1, "Batches per step, whose gradients are averaged.", minimum=1, maximum=65536
    )
    lr: float = setting(1e-4, "Learning rate after the warm-up.", minimum=0.0, maximum=1.0)
    warmup_steps: int = setting(500, "Steps over which the learning rate rises.", minimum=0)
    decay: float = setting(
        0.2, "Last part of the run, in which it decays.", unit="fraction", minimum=0.0, maximum=1.0
    )
    weight_decay: float = setting(0.01, "Weight decay of AdamW.", minimum=0.0, maximum=1.0)
    clip_norm: float = setting(1.0, "Norm to which gradients are clipped.", minimum=1e-6)
    ema_decay: float = setting(
        0.999, "Decay of the averaged weights.", unit="per step", minimum=0.0, maximum=1.0
    )
    save_every: int = setting(10_000, "Steps between checkpoints.", minimum=1)
    validate_every: int = setting(1_000, "Steps between validations.", minimum=1)
    validation_batches: int = setting(8, "Batches per validation.", minimum=1)
    patience: int = setting(
        0, "End after so many validations without improvement; 0: never.", minimum=0
    )
    loader_workers: int = setting(
        0, "Processes that prepare batches ahead; 0: none.", minimum=0, maximum=256
    )
    seed: int = setting(0, "Seed of weights, data and noise.", minimum=0, maximum=LARGEST_SEED)
    amp: bool = setting(False, "Mixed precision with bfloat16; CUDA only.")
    objective: Objective = attrs.field(factory=Objective)
    audio_weight: float = setting(
        0.0, "Weight of the audio loss; 0: off.", minimum=0.0, maximum=100.0
    )
    audio_loss: str = setting(
        "spectral", "Distance between mixes in the audio loss.", choices=("spectral", "mel")
    )
    mix_weight: float = setting(
        0.0,
        "Weight of the objectives of the predicted mix; 0: off. Synthetic datasets only.",
        minimum=0.0,
        maximum=100.0,
    )
    mix_rows: int = setting(
        4, "Transitions of a batch whose mix is predicted.", minimum=1, maximum=65536
    )
    shares: tuple[float, ...] = setting(
        (),
        "Fraction of the batches from each source; empty: proportional to their frames.",
        minimum=0.0,
        maximum=1.0,
    )

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.objective, Objective):
            raise ConfigError("TrainOptions.objective must be an Objective.")

    def to_json(self) -> str:
        """Convert to JSON."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> TrainOptions:
        """Read options that :meth:`to_json` wrote."""
        fields = parse_json(text)
        return cls(**{**fields, "objective": Objective(**fields["objective"])})

    def lr_at(self, step: int) -> float:
        """Compute the learning rate of a step, counted from 0."""
        # A function of the step, unlike torch's schedulers, so there is no state to save.
        rise = min(1.0, (step + 1) / self.warmup_steps) if self.warmup_steps else 1.0
        falling = self.decay * self.steps
        fall = min(1.0, (self.steps - step) / falling) if falling else 1.0
        return self.lr * min(rise, fall)
