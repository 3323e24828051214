"""Register plugins and index the components they declare."""
