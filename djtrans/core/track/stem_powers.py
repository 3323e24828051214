"""Power of the stems of a track on a grid of time cells and frequency bands."""

from __future__ import annotations

import attrs
from torch import Tensor

from djtrans.core.contracts.config import as_tuple

#: Edges of the bands of the chroma, in Hz.
CHROMA_EDGES_HZ = (110.0, 300.0, 800.0, 2000.0)


@attrs.frozen(eq=False)
class StemPowers:
    """Power of the stems of one track within a window.

    Attributes
    ----------
    power : Tensor
        ``[stems, cells, bands]`` float32: mean square of each stem, averaged over the channels.
    mix_power : Tensor
        ``[cells, bands]`` float32: the same of the sum of the stems.
    chroma : Tensor
        ``[stems, beats, 3, 12]`` float32: amplitude of the spectral peaks of the track that is due
        to each stem, from 110 to 300, to 800 and to 2000 Hz, by pitch class, C first.
    stem_names : tuple of str
        Names of the stems.
    edges_hz : Tensor
        ``[bands + 1]`` float64: edges of the bands.
    cell_times : Tensor
        ``[cells + 1]`` float64: edges of the cells, in seconds from the start of the window.
    cells_per_beat : int
        Cells in each beat; all are equally long within a beat.
    isolated : bool
        True if the stems have good isolation.
    before, after : Tensor, optional
        ``[cells, bands]`` float32: power of the track around the window, as far as it is rendered,
        in cells of the window's mean length.
    """

    power: Tensor
    mix_power: Tensor
    chroma: Tensor
    stem_names: tuple[str, ...] = attrs.field(converter=as_tuple)
    edges_hz: Tensor
    cell_times: Tensor
    cells_per_beat: int
    isolated: bool = True
    before: Tensor | None = None
    after: Tensor | None = None

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return int(self.power.shape[1])

    @property
    def n_beats(self) -> int:
        """Number of beats."""
        return self.n_cells // self.cells_per_beat
