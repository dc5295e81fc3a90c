"""The pages that stand beside Now and the trace, a module each."""
