"""Two tracks in, a transition out: analysis, planning, curves and rendering."""
