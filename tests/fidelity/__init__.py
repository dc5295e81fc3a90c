"""How like a real cluster the practice cluster is: the same commands, and then both told alike."""
