"""Training data: prepared pairs, synthetic sets and mixes, as batches."""
