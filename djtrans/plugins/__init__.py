"""The default plugins: one folder for each kind, reached by name through the registry."""
