"""Read, check, resample, stretch and measure audio."""
