"""Files, caches, devices, tables and statistics."""
