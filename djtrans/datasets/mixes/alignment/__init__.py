"""Mix-to-track alignment: find the position, tempo and extent of a track in a mix."""
