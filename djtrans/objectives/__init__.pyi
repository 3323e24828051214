from .measurement import CELLS_PER_BEAT as CELLS_PER_BEAT
from .measurement import measure_cross_power as measure_cross_power
from .measurement import measure_stem_powers as measure_stem_powers
from .prediction import PowerModel as PowerModel
from .registered import Evaluation as Evaluation
from .registered import WeightedObjectives as WeightedObjectives
from .registered import load_objectives as load_objectives
