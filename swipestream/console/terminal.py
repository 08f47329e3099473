"""Where progress is shown."""

from rich.console import Console

stderr = Console(stderr=True, highlight=False)
