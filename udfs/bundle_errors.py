"""What can be wrong with a model bundle, said as one fact and one next step."""


class BundleError(Exception):
    """A model bundle cannot be used."""

    def __init__(self, fact: str, hint: str) -> None:
        """
        :param fact: one lower-case line that names the bundle, file or value.
        :param hint: what to do next, as an action.
        """
        super().__init__(fact)
        self.fact = fact
        self.hint = hint


class BundleMismatchError(BundleError):
    """A bundle's features are not the ones the SQL computes, in that order."""


class BundleDamagedError(BundleError):
    """A bundle's files are missing or are not the ones that were written."""


class SelfTestError(BundleError):
    """A bundle's model does not give the scores that were stored with it."""


class FeatureMismatchError(ValueError):
    """The features to score do not have the model's number of columns."""
