"""Who may look, and what each viewer may see."""
