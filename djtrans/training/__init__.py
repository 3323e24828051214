"""Training: from batches of curves to a checkpoint. Knows no plugin and no audio file."""
