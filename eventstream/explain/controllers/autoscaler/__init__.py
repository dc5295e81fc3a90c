"""HorizontalPodAutoscalers: what they scale, and why."""
