"""Prints what `.env.example` must contain."""

import sys

from swipestream.settings import example_text

if __name__ == "__main__":
    sys.stdout.write(example_text())
