"""Makes pairs to train on, of a library of tracks or of transitions that were cut out of mixes."""

from djtrans.library.hearing import Skipped
from djtrans.library.options import VARIED, LibraryOptions
from djtrans.library.recovering import RecoveryOptions
from djtrans.library.run import prepare_library
from djtrans.library.transitions import prepare_transitions
from djtrans.library.workshop import PreparedSet, Watch

__all__ = [
    "VARIED",
    "LibraryOptions",
    "PreparedSet",
    "RecoveryOptions",
    "Skipped",
    "Watch",
    "prepare_library",
    "prepare_transitions",
]
