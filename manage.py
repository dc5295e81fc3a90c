"""The project's command line: `python manage.py observe`, `explain`, and Django's own commands."""

import os
import sys


def main() -> None:
    """Run a management command with the dashboard's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    if sys.argv[1:] in (["version"], ["--version"]):  # Django would tell its own.
        from eventstream.version import VERSION

        sys.stdout.write(f"{VERSION}\n")
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
