"""Prepare training pairs of a library of tracks, or of transitions that were cut out of mixes."""

from djtrans.datasets.preparation.library import prepare_library
from djtrans.datasets.preparation.library_files import Skipped
from djtrans.datasets.preparation.options import VARIED, LibraryOptions, RecoveryOptions
from djtrans.datasets.preparation.session import PreparationResult
from djtrans.datasets.preparation.transitions import prepare_transitions

__all__ = [
    "VARIED",
    "LibraryOptions",
    "PreparationResult",
    "RecoveryOptions",
    "Skipped",
    "prepare_library",
    "prepare_transitions",
]
