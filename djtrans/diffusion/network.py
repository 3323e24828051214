"""A denoiser with its trainable encoders and learned null embeddings for dropped conditioning."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.contracts.denoiser import Denoiser
from djtrans.core.contracts.encoder import Conditioning, Encoder
from djtrans.core.errors import ShapeError
from djtrans.diffusion.conditioning import ConditioningSlot, join, shape_for, split
from djtrans.diffusion.prediction import check_prediction, clamp_noise_fraction, to_clean


class DiffusionNetwork(nn.Module):
    """All weights of a model: denoiser, trainable encoders, a learned null per encoder channel.

    Parameters
    ----------
    denoiser : Denoiser
        The architecture.
    prediction : {"velocity", "noise", "clean"}
        What it predicts.
    parameters : int
        Columns of the curves.
    slots : sequence of ConditioningSlot
        The encoders, in the order in which their channels lie.
    encoders : sequence of Encoder, optional
        One for each slot. Those that are modules become children of this one.
    """

    _frame_slot: Tensor
    _global_slot: Tensor

    def __init__(
        self,
        denoiser: Denoiser,
        prediction: str,
        parameters: int,
        slots: Sequence[ConditioningSlot],
        encoders: Sequence[Encoder] = (),
    ) -> None:
        super().__init__()
        check_prediction(prediction)
        self.prediction = prediction
        self.slots = tuple(slots)
        self.shape = shape_for(parameters, self.slots)
        self.denoiser = denoiser.build(self.shape)
        # By position, since two encoders may share a name; empty, and so without any key in a state
        # dict, where no encoder is trainable.
        self.encoders = nn.ModuleDict(
            {str(i): e for i, e in enumerate(encoders) if isinstance(e, nn.Module)}
        )
        self.frame_null = nn.Parameter(torch.zeros(self.shape.per_frame))
        self.global_null = nn.Parameter(torch.zeros(self.shape.global_))
        # Which encoder a channel belongs to, so that one lookup drops its channels.
        owners = torch.arange(len(self.slots))
        for name, widths in (
            ("_frame_slot", [slot.per_frame for slot in self.slots]),
            ("_global_slot", [slot.global_ for slot in self.slots]),
        ):
            counts = torch.tensor(widths, dtype=torch.long)
            self.register_buffer(name, owners.repeat_interleave(counts), persistent=False)

    def encode(self, inputs: Conditioning) -> Conditioning:
        """Run the trainable encoders on their inputs; what other encoders gave stays as it is.

        Parameters
        ----------
        inputs : Conditioning
            What ``encode`` of all encoders gave, joined in the order of the slots.

        Returns
        -------
        Conditioning
            What :meth:`forward` takes.

        Raises
        ------
        ShapeError
            If the widths are not those of the encoders.
        """
        if not self.encoders:
            return inputs
        parts = split(inputs, [slot.input_widths for slot in self.slots])
        encoded = [
            self.encoders[str(i)](part) if str(i) in self.encoders else part
            for i, part in enumerate(parts)
        ]
        return attrs.evolve(join(encoded), mask=inputs.mask)

    def forward(
        self,
        z: Tensor,
        noise_fraction: Tensor,
        conditioning: Conditioning,
        dropped: Tensor | None = None,
    ) -> Tensor:
        """The denoiser's output.

        Parameters
        ----------
        z : Tensor
            ``x / (alpha + sigma)``, ``[batch, frames, parameters]``.
        noise_fraction : Tensor
            ``[batch]``, 0 to 1.
        conditioning : Conditioning
            Of all encoders, joined; see :meth:`encode`.
        dropped : Tensor, optional
            ``[batch, encoders]`` bool: True where the encoder's null takes the place of what it
            says. By default all are heard.

        Returns
        -------
        Tensor
            ``[batch, frames, parameters]``: velocity, noise or clean curves.

        Raises
        ------
        ShapeError
            If the widths are not those that the network was built for.
        """
        self._check(z, conditioning)
        if dropped is not None:
            conditioning = self._with_nulls(conditioning, dropped)
        return self.denoiser(z, noise_fraction, conditioning)

    def clean(
        self,
        z: Tensor,
        noise_fraction: Tensor,
        conditioning: Conditioning,
        dropped: Tensor | None = None,
    ) -> Tensor:
        """The clean curves that it predicts; parameters as in :meth:`forward`, not clipped."""
        t = clamp_noise_fraction(self.prediction, noise_fraction)
        output = self(z, t, conditioning, dropped)
        return to_clean(self.prediction, output, z, t[:, None, None])

    def _with_nulls(self, conditioning: Conditioning, dropped: Tensor) -> Conditioning:
        return attrs.evolve(
            conditioning,
            per_frame=torch.where(
                dropped[:, None, self._frame_slot], self.frame_null, conditioning.per_frame
            ),
            global_=torch.where(
                dropped[:, self._global_slot], self.global_null, conditioning.global_
            ),
        )

    def _check(self, z: Tensor, conditioning: Conditioning) -> None:
        batch, frames = z.shape[:2]
        expected = (
            (batch, frames, self.shape.parameters),
            (batch, frames, self.shape.per_frame),
            (batch, self.shape.global_),
        )
        given = tuple(tuple(t.shape) for t in (z, conditioning.per_frame, conditioning.global_))
        if given != expected:
            raise ShapeError(
                f"Curves, per_frame and global_ have the shapes {given}; the network was built for "
                f"{expected}. Encode with the encoders of the model, on as many frames as the "
                "curves have."
            )
