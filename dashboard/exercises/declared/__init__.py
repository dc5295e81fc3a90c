"""The exercises, from the plain to the special."""

from dashboard.exercises.declared import extending, limits, workloads
from dashboard.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (
    *workloads.EXERCISES,
    *limits.EXERCISES,
    *extending.EXERCISES,
)
BY_SLUG = {exercise.slug: exercise for exercise in EXERCISES}
