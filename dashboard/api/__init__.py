"""The JSON API below /api/v1: what the pages show, for programs."""
