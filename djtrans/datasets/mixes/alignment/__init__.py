"""Finding a track in a mix: where it plays, how fast, and over which part it is heard."""
