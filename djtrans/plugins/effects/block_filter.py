"""Second-order recursive filter with block-wise coefficients.

``torchaudio.functional.lfilter`` starts from a zero state and has one set of coefficients per row.
So all blocks are filtered at once, each as a row with zero state, and the response to the state is
added afterwards (superposition): it is the impulse response of the denominator, and the state at
the end of a block depends linearly on that at its start. The only loop is over two numbers per
block.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def filter_blocks(x: Tensor, b: Tensor, a: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
    """Filter consecutive blocks, each with its own coefficients.

    Parameters
    ----------
    x : Tensor
        ``[batch, channels, blocks, samples]``, two samples or more.
    b, a : Tensor
        ``[batch, blocks, 3]``, ``a[..., 0] = 1``.
    memory : Tensor
        ``[batch, channels, 2]``: state of transposed direct form II before the first block, like
        `zi` of ``scipy.signal.sosfilt``.

    Returns
    -------
    y : Tensor
        Output, of the shape of `x`.
    memory : Tensor
        ``[batch, channels, blocks + 1, 2]``: state before each block, and after the last.
    """
    from torchaudio.functional import lfilter

    batch, channels, blocks, samples = x.shape
    padded = pad(x, (2, 2))
    fed = sum(b[:, None, :, i, None] * padded[..., 2 - i : samples + 4 - i] for i in range(3))
    impulse = pad(x.new_ones(batch, 1, blocks, 1), (0, samples + 1))
    rows = torch.cat([torch.as_tensor(fed), impulse], dim=1)
    rows = rows.movedim(1, 0).reshape(channels + 1, batch * blocks, samples + 2)
    a_rows = a.reshape(batch * blocks, 3)
    b_rows = torch.zeros_like(a_rows)
    b_rows[:, 0] = 1.0
    out = lfilter(rows, a_rows, b_rows, clamp=False)
    out = out.reshape(channels + 1, batch, blocks, samples + 2).movedim(0, 1)
    zero_state, first = out[:, :-1], out[:, -1:]
    # The response to each state variable is the impulse response, of the second one sample later.
    ringing = torch.stack([first, pad(first, (1, 0))[..., :-1]], dim=-2)
    slope = a[:, None, :, 1]
    added = _final_state(zero_state, slope)
    carried = _final_state(ringing, slope.unsqueeze(-1))
    memories = [memory]
    for k in range(blocks):
        before = memories[-1].unsqueeze(-1)
        memories.append((before * carried[:, :, k]).sum(dim=-2) + added[:, :, k])
    states = torch.stack(memories, dim=2)
    response = (states[:, :, :-1, :, None] * ringing).sum(dim=-2)
    return (zero_state + response)[..., :samples], states


def _final_state(out: Tensor, slope: Tensor) -> Tensor:
    """Compute the state ``[..., 2]`` from the two outputs after the end of the input."""
    return torch.stack([out[..., -2], out[..., -1] + slope * out[..., -2]], dim=-1)
