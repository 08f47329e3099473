"""When payments are sent: evenly, or in bursts with the same mean."""

from dataclasses import dataclass

from simulator.errors import WorldError


@dataclass(frozen=True)
class Pace:
    """A rate, and bursts if wanted: every `every_seconds`, `burst_seconds` at `factor` times it."""

    # Payments per second, on average.
    rate: float
    factor: float = 1.0
    every_seconds: float = 60.0
    burst_seconds: float = 10.0

    def check(self) -> None:
        """:raises WorldError: numbers that make no pace."""
        if not 0 < self.rate <= 1_000_000:
            raise WorldError(
                f"rate {self.rate:g} is not above 0 and at most 1000000", "200 is a good start"
            )
        if not self.factor >= 1:
            raise WorldError(f"burst {self.factor:g} is below 1", "5 is five times the rate")
        if not 0 < self.burst_seconds < self.every_seconds:
            raise WorldError(
                f"a burst of {self.burst_seconds:g} s does not fit in {self.every_seconds:g} s",
                "make bursts shorter or rarer",
            )
        if self.factor * self.burst_seconds > self.every_seconds:
            raise WorldError(
                f"{self.burst_seconds:g} s at {self.factor:g} times the rate is more than "
                f"{self.every_seconds:g} s at the rate",
                "make bursts smaller, shorter or rarer",
            )

    def moment_ms(self, number: int) -> int:
        """
        When payment `number` is due.

        :param number: from 0.
        :return: milliseconds after the first.
        """
        if self.factor == 1:
            return int(number * 1000 / self.rate)
        cycle = self.rate * self.every_seconds
        done, rest = divmod(number, cycle)
        in_burst = self.rate * self.factor * self.burst_seconds
        if rest < in_burst:
            seconds = rest / (self.rate * self.factor)
        else:
            quiet = (self.every_seconds - self.burst_seconds) / (cycle - in_burst)
            seconds = self.burst_seconds + (rest - in_burst) * quiet
        return int((done * self.every_seconds + seconds) * 1000)
