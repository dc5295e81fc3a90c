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
        from terminal.command import main as why

        sys.exit(why(sys.argv[2:]))
    from eventstream.loading import staying

    with staying():
        _load(*sys.argv[1:2])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def _load(command: str = "help") -> None:
    """Read the settings, and load the application and a command of it."""
    from importlib import import_module

    import django
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import get_commands

    from eventstream.plain import plain

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads all settings
    except ImproperlyConfigured as error:
        sys.exit(f"Baton cannot start: {plain(str(error))}")
    django.setup()
    if command in (commands := get_commands()):
        import_module(f"{commands[command]}.management.commands.{command}")


if __name__ == "__main__":
    main()
