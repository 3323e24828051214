"""Compare analyzers on annotated datasets, with the metrics of mir_eval.

:func:`benchmark` measures, :func:`write_benchmark` writes the tables and the plot.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
