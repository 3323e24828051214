"""Makes a library of tracks into pairs to train on: heard once, chosen, then made one by one."""

from djtrans.library.hearing import Skipped
from djtrans.library.options import VARIED, LibraryOptions
from djtrans.library.run import PreparedSet, Watch, prepare_library

__all__ = ["VARIED", "LibraryOptions", "PreparedSet", "Skipped", "Watch", "prepare_library"]
