"""Makes pairs to train on, of a library of tracks or of transitions that were cut out of mixes."""

from djtrans.library.hearing import Skipped
from djtrans.library.options import VARIED, LibraryOptions
from djtrans.library.recovering import RecoveryOptions
from djtrans.library.run import PreparedSet, Watch, prepare_library
from djtrans.library.transitions import prepare_transitions

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
