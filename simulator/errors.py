"""What can be wrong with what the simulator is given, said as one fact and one next step."""


class SimulatorError(Exception):
    """The simulator cannot go on, and the user can change that."""

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


class ScenarioError(SimulatorError):
    """A scenario file cannot be used."""


class WorldError(SimulatorError):
    """A world cannot be made, written or read."""


class DriftFileError(SimulatorError):
    """A file of what changes in a stream cannot be used."""
