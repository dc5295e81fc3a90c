"""What Baton knows of each controller: a folder each, found through the registry."""
