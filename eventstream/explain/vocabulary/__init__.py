"""The words that steps and traces are told in: data alone, which pages and engine share."""
