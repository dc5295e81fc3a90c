"""PodDisruptionBudgets: who charges and who counts them, and what they hold."""
