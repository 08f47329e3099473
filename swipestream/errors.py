"""What can go wrong, said as one fact and one next step."""


class SwipestreamError(Exception):
    """Something a user can put right; shown without a stack trace."""

    def __init__(self, fact: str, hint: str = "") -> None:
        """
        :param fact: one lower-case line that names the file, setting or value.
        :param hint: what to do next, as an action; empty if there is nothing to do.
        """
        super().__init__(fact)
        self.fact = fact
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.fact}\nhint: {self.hint}" if self.hint else self.fact


class SettingError(SwipestreamError):
    """A setting is missing or cannot be understood."""


class JarError(SwipestreamError):
    """A jar could not be fetched or is not the one in the lock."""


class CompileError(SwipestreamError):
    """A Java source of functions/ does not compile."""


class PortTakenError(SwipestreamError):
    """A port the stack needs belongs to another process."""


class ServiceError(SwipestreamError):
    """A service of the stack did not start or does not answer."""


class MigrationError(SwipestreamError):
    """The database's schema and the migration files disagree."""


class JobError(SwipestreamError):
    """A Flink job could not be submitted or does not run."""
