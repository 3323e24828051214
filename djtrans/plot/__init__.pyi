from .compare import plot_comparison as plot_comparison
from .plan import plot_plan as plot_plan
from .save import save_figure as save_figure
from .scene import make_scene as make_scene
from .timeline import plot_timeline as plot_timeline
from .transition import plot_transition as plot_transition
