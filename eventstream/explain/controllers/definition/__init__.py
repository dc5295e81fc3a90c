"""CustomResourceDefinitions: what the API server says of a type."""
