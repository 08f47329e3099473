"""Makes pictures of pages smaller: python -m apps.superset.smaller FOLDER TO

A page has few colors, so a palette of them needs a third of the bytes and looks the same.
"""

import sys
from pathlib import Path

from PIL import Image

COLORS = 128


def make_smaller(file: Path, to: Path) -> None:
    """
    Write a PNG again, with a palette.

    :param to: a folder; the picture keeps its name.
    """
    with Image.open(file) as image:
        small = image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
        small.save(to / file.name, "PNG", optimize=True)


def main() -> None:
    """All pictures of a folder."""
    folder, to = map(Path, sys.argv[1:])
    for file in sorted(folder.glob("*.png")):
        make_smaller(file, to)


if __name__ == "__main__":
    main()
