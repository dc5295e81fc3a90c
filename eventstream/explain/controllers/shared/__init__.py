"""What controllers have in common: rules and judgements that hold for more than one kind."""
