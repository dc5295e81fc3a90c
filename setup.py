"""What of the checkout an installed Baton has: all that runs, laid out as it lies here.

Everything is below one package, `baton`, so that nothing in an installation can be taken for
somebody else's `scripts` or `templates`. The rest is declared in pyproject.toml.
"""

from setuptools import find_namespace_packages, setup

RUNS = ("dashboard", "eventstream", "practicecluster", "scripts", "static", "templates", "terminal")


def _packages() -> list[str]:
    """Return the names of all directories that are needed, those that only hold data included."""
    wanted = [pattern for name in RUNS for pattern in (name, f"{name}.*")]
    found = find_namespace_packages(include=wanted, exclude=["*.__pycache__*"])
    return [f"baton.{name}" for name in found]


PACKAGES = _packages()

setup(
    packages=["baton", *PACKAGES],
    package_dir={"baton": "."},
    package_data={"baton": ["pyproject.toml"], **{name: ["*"] for name in PACKAGES}},
)
