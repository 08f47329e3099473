"""What can be wrong with MLflow's store, said as one fact and one next step."""


class StoreError(Exception):
    """MLflow's store cannot be used, or a bundle cannot be recorded."""

    def __init__(self, fact: str, hint: str) -> None:
        """
        :param fact: one lower-case line that names the file or value.
        :param hint: what to do next, as an action.
        """
        super().__init__(fact)
        self.fact = fact
        self.hint = hint
