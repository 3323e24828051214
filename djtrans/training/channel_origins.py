"""Correspondence between the conditioning channels of two models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs

from djtrans.diffusion.checkpoint import EncoderRecord

#: Names of the channels per frame and of the global channels.
ChannelNames: TypeAlias = tuple[Sequence[str], Sequence[str]]

#: Origin of a channel that the other model does not have.
NEW = -1


@attrs.frozen
class EncoderOrigin:
    """Channels of an encoder, as indices of the channels of an encoder of another model.

    Attributes
    ----------
    now : EncoderRecord
        The encoder.
    before : EncoderRecord or None
        Corresponding encoder of the other model.
    position : int
        Index of that encoder; -1 if there is none.
    per_frame, global_ : list of int
        For each channel its index in that encoder, or :data:`NEW`.
    """

    now: EncoderRecord
    before: EncoderRecord | None
    position: int
    per_frame: list[int]
    global_: list[int]

    @property
    def same(self) -> bool:
        """True if the other model has the same encoder."""
        return self.before is not None and self.before.component == self.now.component

    def describe(self) -> str:
        """Describe the origin for a summary."""
        name = self.now.component.versioned_name
        if self.before is None:
            return f"{name} is new"
        if self.same:
            return f"{name} as before"
        channels = [*self.per_frame, *self.global_]
        known = sum(index != NEW for index in channels)
        before = self.before.component.versioned_name
        what = "with other settings" if before == name else f"from {before}"
        return f"{name} {what} ({known} of {len(channels)} channels)"


def encoder_origins(
    now: Sequence[EncoderRecord],
    before: Sequence[EncoderRecord],
    names_of: Callable[[EncoderRecord], ChannelNames | None],
) -> list[EncoderOrigin]:
    """Find the corresponding encoder of another model for each encoder.

    It has the same name, version, config and numbers of channels; or the same name, and both name
    their channels.

    Parameters
    ----------
    now, before : sequence of EncoderRecord
        Encoders of the model and of the other one.
    names_of : callable
        Returns the names of the channels of an encoder, or None.
    """
    left = dict(enumerate(before))
    found: dict[int, EncoderOrigin] = {}
    for i, encoder in enumerate(now):
        for position, other in left.items():
            widths = encoder.per_frame, encoder.global_
            if encoder.component == other.component and widths == (other.per_frame, other.global_):
                ranges = [list(range(width)) for width in widths]
                found[i] = EncoderOrigin(encoder, other, position, *ranges)
                del left[position]
                break
    for i, encoder in enumerate(now):
        if i in found:
            continue
        found[i] = EncoderOrigin(
            encoder, None, NEW, [NEW] * encoder.per_frame, [NEW] * encoder.global_
        )
        for position, other in left.items():
            if encoder.component.name != other.component.name:
                continue
            names, old_names = names_of(encoder), names_of(other)
            if names is not None and old_names is not None:
                origins = [_by_name(*pair) for pair in zip(names, old_names, strict=True)]
                found[i] = EncoderOrigin(encoder, other, position, *origins)
                del left[position]
                break
    return [found[i] for i in range(len(now))]


def channel_origins(
    encoders: Sequence[EncoderOrigin], before: Sequence[EncoderRecord], field: str
) -> list[int]:
    """Compute the origin of each channel of the concatenated conditioning.

    Parameters
    ----------
    encoders : sequence of EncoderOrigin
        Result of :func:`encoder_origins`.
    before : sequence of EncoderRecord
        Encoders of the other model.
    field : {"per_frame", "global_"}
        Kind of the channels.

    Returns
    -------
    list of int
        For each channel its index in the conditioning of the other model, or :data:`NEW`.
    """
    origins: list[int] = []
    for encoder in encoders:
        offset = sum(getattr(e, field) for e in before[: max(0, encoder.position)])
        origins += [NEW if i == NEW else offset + i for i in getattr(encoder, field)]
    return origins


def _by_name(now: Sequence[str], before: Sequence[str]) -> list[int]:
    index = {name: i for i, name in enumerate(before)}
    return [index.get(name, NEW) for name in now]
