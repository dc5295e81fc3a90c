"""The exercises, from the plain to the special."""

from dashboard.exercises.declared import extending, limits, openshift, workloads
from dashboard.exercises.exercise import Exercise

EXERCISES: tuple[Exercise, ...] = (
    *workloads.EXERCISES,
    *limits.EXERCISES,
    *extending.EXERCISES,
    *openshift.EXERCISES,
)
BY_SLUG = {exercise.slug: exercise for exercise in EXERCISES}
