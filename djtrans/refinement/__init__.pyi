from .curves import RefinedCurves as RefinedCurves
from .curves import refine_curves as refine_curves
from .descent import RefinementConfig as RefinementConfig
from .low_end import LowEndPlan as LowEndPlan
from .low_end import search_low_end as search_low_end
