"""Load plugins and index the components they declare."""
