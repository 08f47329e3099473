"""What the API does not do, with the field, what is wrong with it, and what to do instead."""


class RefusalError(Exception):
    """A request that gets no decision."""

    def __init__(self, fact: str, hint: str, field: str = "", status: int = 422) -> None:
        """
        :param fact: one lower-case line; never a value that was sent, which may be a card number.
        :param hint: what is allowed, or the next step.
        :param field: of the request; empty if it is about none.
        :param status: of HTTP.
        """
        super().__init__(fact)
        self.fact = fact
        self.hint = hint
        self.field = field
        self.status = status

    def body(self) -> dict[str, str]:
        """As it is answered."""
        return {"field": self.field, "fact": self.fact, "hint": self.hint}
