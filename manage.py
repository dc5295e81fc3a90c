"""The project's command line: `python manage.py observe`, `explain`, and Django's own commands."""

import os
import sys


def main() -> None:
    """Run a management command with the dashboard's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    if sys.argv[1:2] == ["observe"]:  # Before all else is loaded, for a probe may be asking.
        from eventstream.listening import early

        early(sys.argv[2:])
    if sys.argv[1:] in (["version"], ["--version"]):  # Django would tell its own.
        from eventstream.version import VERSION

        sys.stdout.write(f"{VERSION}\n")
        return
    if sys.argv[1:2] == ["why"]:  # Without settings, which would make a key and a directory.
        # A tool of the tests, if it is there, which the kubernetes package would load for seconds.
        sys.modules.setdefault("kubernetes_validate", None)  # type: ignore[arg-type]
        from terminal.command import main as why

        sys.exit(why(sys.argv[2:]))
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from eventstream.plain import plain

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads all settings
    except ImproperlyConfigured as error:
        sys.exit(f"Baton cannot start: {plain(str(error))}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
