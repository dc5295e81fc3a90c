"""Pure: steps, actors, evidence, causes and outlook, folded from observations. No clock."""
