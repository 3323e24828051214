"""Makes pairs to train on, of a library of tracks or of transitions that were cut out of mixes."""

from djtrans.datasets.preparation.library import prepare_library
from djtrans.datasets.preparation.library_scan import Skipped
from djtrans.datasets.preparation.options import VARIED, LibraryOptions
from djtrans.datasets.preparation.pair_from_mix import RecoveryOptions
from djtrans.datasets.preparation.session import PreparedDataset, Watch
from djtrans.datasets.preparation.transitions import prepare_transitions

__all__ = [
    "VARIED",
    "LibraryOptions",
    "PreparedDataset",
    "RecoveryOptions",
    "Skipped",
    "Watch",
    "prepare_library",
    "prepare_transitions",
]
