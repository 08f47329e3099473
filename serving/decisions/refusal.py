"""What the API does not do, with the field, what is wrong with it, and what to do instead."""


class RefusalError(Exception):
    """A request that gets no decision."""

    def __init__(self, status: int, fact: str, hint: str, field: str = "") -> None:
        """
        :param status: of HTTP.
        :param fact: one lower-case line; never a value that was sent, which may be a card number.
        :param hint: what is allowed, or the next step.
        :param field: of the request; empty if it is about none.
        """
        super().__init__(fact)
        self.status = status
        self.fact = fact
        self.hint = hint
        self.field = field

    def body(self) -> dict[str, str]:
        """As it is answered."""
        return {"field": self.field, "fact": self.fact, "hint": self.hint}
