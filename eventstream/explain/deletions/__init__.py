"""Who deleted an object, which names nobody: the candidates, and why it was one of them."""
