"""What is declared of each controller: one entry each; the registry derives all tables."""
