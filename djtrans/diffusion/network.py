"""A denoiser with its trainable encoders and learned null embeddings for dropped conditioning."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor, nn

from djtrans.core.contracts.denoiser import Denoiser
from djtrans.core.contracts.encoder import Conditioning, Encoder
from djtrans.core.errors import ShapeError
from djtrans.diffusion.conditioning import ConditioningSlot, concatenate, shape_for, split
from djtrans.diffusion.prediction import check_prediction, clamp_noise_fraction, to_clean


class DiffusionNetwork(nn.Module):
    """Denoiser, trainable encoders and a learned null embedding for each encoder.

    Parameters
    ----------
    denoiser : Denoiser
        Builds the network for the widths of the conditioning.
    prediction : {"velocity", "noise", "clean"}
        Output type of the denoiser.
    parameters : int
        Number of columns of the curves.
    slots : sequence of ConditioningSlot
        Channels of the encoders, in order.
    encoders : sequence of Encoder, optional
        One for each slot. Encoders that are modules become children of the network.

    See Also
    --------
    build_network : Build a network from a model record.
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
        # By position, since two encoders may share a name. Empty if no encoder is trainable, so the
        # state dict has no further keys.
        self.encoders = nn.ModuleDict(
            {str(i): e for i, e in enumerate(encoders) if isinstance(e, nn.Module)}
        )
        self.frame_null = nn.Parameter(torch.zeros(self.shape.per_frame))
        self.global_null = nn.Parameter(torch.zeros(self.shape.global_))
        # Encoder index of each channel: one lookup drops all channels of an encoder.
        owners = torch.arange(len(self.slots))
        for name, widths in (
            ("_frame_slot", [slot.per_frame for slot in self.slots]),
            ("_global_slot", [slot.global_ for slot in self.slots]),
        ):
            counts = torch.tensor(widths, dtype=torch.long)
            self.register_buffer(name, owners.repeat_interleave(counts), persistent=False)

    def encode(self, inputs: Conditioning) -> Conditioning:
        """Apply the trainable encoders to their inputs; pass other conditioning through.

        Parameters
        ----------
        inputs : Conditioning
            Concatenated results of the encoders' ``encode``, in the order of the slots.

        Returns
        -------
        Conditioning
            Encoded conditioning for :meth:`forward`.

        Raises
        ------
        ShapeError
            If the widths differ from those of the encoders.
        """
        if not self.encoders:
            return inputs
        parts = split(inputs, [slot.input_widths for slot in self.slots])
        encoded = [
            self.encoders[str(i)](part) if str(i) in self.encoders else part
            for i, part in enumerate(parts)
        ]
        return attrs.evolve(concatenate(encoded), mask=inputs.mask)

    def forward(
        self,
        z: Tensor,
        noise_fraction: Tensor,
        conditioning: Conditioning,
        dropped: Tensor | None = None,
    ) -> Tensor:
        """Compute the output of the denoiser.

        Parameters
        ----------
        z : Tensor
            ``x / (alpha + sigma)``, ``[batch, frames, parameters]``.
        noise_fraction : Tensor
            ``[batch]``, 0 to 1.
        conditioning : Conditioning
            Concatenated conditioning of all encoders; see :meth:`encode`.
        dropped : Tensor, optional
            ``[batch, encoders]`` bool: True replaces the conditioning of the encoder by its null
            embedding. By default no conditioning is dropped.

        Returns
        -------
        Tensor
            ``[batch, frames, parameters]``: velocity, noise or clean curves.

        Raises
        ------
        ShapeError
            If the shapes differ from those that the network was built for.
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
        """Predict clean curves; parameters as in :meth:`forward`, not clipped."""
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
