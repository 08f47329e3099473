"""What can go wrong, said as one fact and one next step."""


def printable(text: str) -> str:
    """A text that stays in its line and tells a terminal nothing but what to show."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def first_line(error: BaseException) -> str:
    """What an error says, in one line; of an error that says nothing, its type."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


class SwipestreamError(Exception):
    """Something a user can put right; shown without a stack trace."""

    def __init__(self, fact: str, hint: str = "") -> None:
        """
        Characters that cannot be printed are escaped: paths and values may hold any.

        :param fact: one lower-case line that names the file, setting or value.
        :param hint: what to do next, as an action; empty if there is nothing to do.
        """
        self.fact = printable(fact)
        self.hint = printable(hint)
        super().__init__(self.fact)

    def __str__(self) -> str:
        return f"{self.fact}\nhint: {self.hint}" if self.hint else self.fact


class SettingError(SwipestreamError):
    """A setting is missing or cannot be understood."""


class JarError(SwipestreamError):
    """A jar could not be fetched or is not the one in the lock."""


class CompileError(SwipestreamError):
    """A Java source of functions/ does not compile."""

    def __init__(self, fact: str, hint: str = "") -> None:
        """:param fact: a line for each problem."""
        super().__init__(fact, hint)
        self.fact = "\n".join(map(printable, fact.splitlines()))


class PortTakenError(SwipestreamError):
    """A port the stack needs belongs to another process."""


class ServiceError(SwipestreamError):
    """A service of the stack did not start or does not answer."""


class MigrationError(SwipestreamError):
    """The database's schema and the migration files disagree."""


class JobError(SwipestreamError):
    """A Flink job could not be submitted or does not run."""
