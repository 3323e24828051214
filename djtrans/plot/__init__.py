"""Pictures of transitions. matplotlib is imported when one is drawn, and never its pyplot."""

from djtrans.plot.save import save_figure
from djtrans.plot.techniques import plot_techniques
from djtrans.plot.transition import plot_transition

__all__ = ["plot_techniques", "plot_transition", "save_figure"]
