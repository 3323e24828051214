"""Plans a transition: where in both tracks, how long, how fast, with which technique, and why."""
