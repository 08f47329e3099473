"""A plain world map as image tiles, drawn here, so that a map needs no other server.

Outlines are Natural Earth's, public domain, as packaged by world-atlas 2.0.2 (ISC license).
Tiles are numbered as web maps do it (https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames).
"""

import functools
import gzip
import io
import itertools
import json
import math
from pathlib import Path

from flask import Blueprint, Response, abort
from PIL import Image, ImageDraw

OUTLINES_FILE = Path(__file__).with_name("outlines.json.gz")
TILE_PIXELS = 256
# Drawn larger and made smaller: that smooths the lines.
OVERSAMPLING = 2
DEEPEST_ZOOM = 12
SEA, LAND, BORDER = (244, 247, 250), (221, 227, 234), (255, 255, 255)
# Web maps end here, where they become a square.
NORTHERNMOST_DEGREES = 85.0511
CACHED_TILES = 2048
DAY_SECONDS = 24 * 3600

Point = tuple[float, float]
# west, south, east, north
Box = tuple[float, float, float, float]

base_map = Blueprint("base_map", __name__, url_prefix="/basemap")


@base_map.route("/<int:zoom>/<int:x>/<int:y>.png")  # type: ignore[untyped-decorator]
def tile(zoom: int, x: int, y: int) -> Response:
    """One tile as PNG; 404 outside the world."""
    if zoom > DEEPEST_ZOOM or not 0 <= y < 2**zoom:
        abort(404)
    answer = Response(picture(zoom, x % 2**zoom, y), mimetype="image/png")
    answer.cache_control.max_age = DAY_SECONDS
    answer.cache_control.public = True
    return answer


@functools.lru_cache(maxsize=CACHED_TILES)
def picture(zoom: int, x: int, y: int) -> bytes:
    """
    Draw a tile.

    :param zoom: 0 is the whole world in one tile; each step doubles the scale.
    :param x: column, 0 in the west.
    :param y: row, 0 in the north.
    :return: PNG, 256 by 256 pixels.
    """
    size = TILE_PIXELS * OVERSAMPLING
    image = Image.new("RGB", (size, size), SEA)
    draw = ImageDraw.Draw(image)
    tiles = 2**zoom
    # A little more than the tile, for the borders' width.
    margin = 2 / TILE_PIXELS
    west, east = (x - margin) / tiles, (x + 1 + margin) / tiles
    north, south = (y - margin) / tiles, (y + 1 + margin) / tiles
    for ring, (left, top, right, bottom) in rings():
        if right < west or left > east or bottom < north or top > south:
            continue
        points = [((px * tiles - x) * size, (py * tiles - y) * size) for px, py in ring]
        draw.polygon(points, fill=LAND)
        draw.line([*points, points[0]], fill=BORDER, width=OVERSAMPLING)
    small = image.resize((TILE_PIXELS, TILE_PIXELS), Image.Resampling.LANCZOS)
    output = io.BytesIO()
    small.quantize(32).save(output, "PNG", optimize=True)
    return output.getvalue()


@functools.cache
def rings() -> list[tuple[list[Point], Box]]:
    """Every coast and border as a closed line of points in [0, 1], with the box around it."""
    topology = json.loads(gzip.decompress(OUTLINES_FILE.read_bytes()))
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [absolute(arc, scale, shift) for arc in topology["arcs"]]
    found = []
    for country in topology["countries"]:
        for polygon in country:
            # The first ring is the outline; the holes are other countries or seas drawn as land.
            for ring in polygon[:1]:
                degrees = [
                    point
                    for number in ring
                    for point in (arcs[number] if number >= 0 else arcs[~number][::-1])[:-1]
                ]
                points = [projected(*point) for point in unwrapped(degrees)]
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                found.append((points, (min(xs), min(ys), max(xs), max(ys))))
    return found


def absolute(arc: list[list[int]], scale: Point, shift: Point) -> list[Point]:
    """Degrees of an arc that is stored as whole steps from point to point."""
    xs = itertools.accumulate(step[0] for step in arc)
    ys = itertools.accumulate(step[1] for step in arc)
    return [(x * scale[0] + shift[0], y * scale[1] + shift[1]) for x, y in zip(xs, ys, strict=True)]


def unwrapped(ring: list[Point]) -> list[Point]:
    """The ring without jumps from 180 to -180 degrees, which would be lines across the map."""
    turned = 0.0
    points = ring[:1]
    for (before, _), (longitude, latitude) in itertools.pairwise(ring):
        if longitude - before > 180:
            turned -= 360
        elif longitude - before < -180:
            turned += 360
        points.append((longitude + turned, latitude))
    return points


def projected(longitude: float, latitude: float) -> Point:
    """Degrees to the square of web maps: 0, 0 is its north-western corner."""
    clipped = max(-NORTHERNMOST_DEGREES, min(NORTHERNMOST_DEGREES, latitude))
    sine = math.sin(math.radians(clipped))
    return longitude / 360 + 0.5, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
