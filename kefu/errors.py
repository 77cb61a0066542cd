"""Errors that are the user's to mend: one line, an exit code, no traceback."""


class UserError(Exception):
    """Something the user can mend; the message says what, where, and what was expected."""

    exit_code = 2


class NoKafkaError(UserError):
    """No Kafka can be reached or started."""

    exit_code = 3


class FoundWrongError(UserError):
    """The command ran, and what it checked is wrong."""

    exit_code = 1
