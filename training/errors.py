"""What can go wrong in training, said as one fact and one next step."""


class TrainingError(Exception):
    """Training cannot go on, and the user can change that."""

    def __init__(self, fact: str, hint: str) -> None:
        """
        :param fact: one lower-case line that names the file, value or feature.
        :param hint: what to do next, as an action.
        """
        super().__init__(fact)
        self.fact = fact
        self.hint = hint


class TrainingDataError(TrainingError):
    """The data to learn from is missing, incomplete or too short."""


class StoredPaymentsError(TrainingError):
    """The stored payments cannot be read."""


class LeakError(TrainingError):
    """A feature tells the label as if it had seen it."""


class TooFewLabelsError(TrainingError):
    """There are not enough known frauds to learn from or to measure with."""


class ExportError(TrainingError):
    """The exported model does not give LightGBM's scores."""
