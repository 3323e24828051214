"""Pictures of transitions. matplotlib is imported when one is drawn, and never its pyplot."""

from djtrans.plot.compare import plot_comparison
from djtrans.plot.save import save_figure
from djtrans.plot.timeline import plot_timeline
from djtrans.plot.transition import plot_transition

__all__ = ["plot_comparison", "plot_timeline", "plot_transition", "save_figure"]
