"""What can't be looked for, said so that a person can act on it."""


class TooWideError(Exception):
    """Too much begins like what is looked for to go through it all in the time there is."""


class UnsearchableError(Exception):
    """The database has no full-text search; the message says what is needed."""
