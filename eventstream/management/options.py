"""Options that more than one command has."""

from argparse import ArgumentParser

from django.conf import settings


def no_messages(parser: ArgumentParser) -> None:
    """Add `--no-messages`, which the environment may have said already."""
    parser.add_argument(
        "--no-messages",
        action="store_true",
        default=not settings.BATON_MESSAGES,
        help="keep no message of Events, conditions and the audit log, only their reasons; as "
        "BATON_MESSAGES=none",
    )
