"""Who wrote a version, as managedFields and what a manager owns tell."""
