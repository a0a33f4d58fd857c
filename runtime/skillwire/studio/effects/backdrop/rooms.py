"""Scenes indoors: walls, windows, shelves, seen as by a lens that is focused on someone in front."""

from __future__ import annotations

import numpy as np

from skillwire.studio.effects.backdrop.drawing import (
    Picture,
    Size,
    box,
    clouds,
    disc,
    glow,
    paint,
    rgb,
    shape,
    sky,
    slab,
    soft,
)

_BOOKS = ("7b3b34", "2f4b66", "3f6650", "b08a45", "54405e", "9a5b3c", "c9bfa8", "2b3340", "6d7f53", "a34a4a")


def office(size: Size) -> Picture:
    """A bright office: windows, a shelf, plants."""
    picture = sky(size, (0, "e9e6e0"), (0.75, "d9d4cb"), (1, "bfb8ad"))
    _window(picture, size, (0.05, 0.1, 0.42, 0.66), ("cfe6f5", "f4fbff"), panes=3)
    _shelf(picture, size, (0.66, 0.16, 0.95, 0.62), rows=3, seed=121, filled=0.55, wood="a98a66")
    paint(picture, box(size, 0.47, 0.22, 0.6, 0.42, 0.001), "f7f4ee")
    paint(picture, box(size, 0.485, 0.245, 0.585, 0.395, 0.001), "8fa6b5")
    paint(picture, box(size, 0, 0.8, 1, 1, 0.002), "8d6f52")
    paint(picture, box(size, 0, 0.8, 1, 0.815, 0.002), "b1906d")
    _plant(picture, size, (0.54, 0.8), 0.13, 122)
    paint(picture, glow(size, (0.24, 0.35), 0.4), "ffffff", 0.35)
    return soft(picture, 0.006)


def classroom(size: Size) -> Picture:
    """A chalkboard, desks in front of it."""
    picture = sky(size, (0, "eee6d2"), (0.7, "ddd2b8"), (1, "a98e68"))
    paint(picture, box(size, 0.16, 0.12, 0.84, 0.58, 0.001), "8a6238")
    board = np.ones((size[1], size[0], 3), np.float32) * rgb("2d4d3d")
    dust = clouds(size, 131, cell=(0.3, 0.1), octaves=5)
    board += (dust * 0.09)[..., None]
    paint(picture, box(size, 0.172, 0.14, 0.828, 0.56, 0.001), board)
    rng = np.random.default_rng(132)
    for row in range(5):
        x = 0.2
        end = 0.45 + rng.random() * 0.3
        while x < end:
            word = 0.015 + rng.random() * 0.05
            paint(picture, box(size, x, 0.2 + row * 0.07, x + word, 0.209 + row * 0.07, 0.001), "e8efe6", 0.55)
            x += word + 0.012
    paint(picture, box(size, 0.88, 0.15, 0.98, 0.42, 0.001), "c9dbe8")
    _window(picture, size, (-0.02, 0.1, 0.1, 0.6), ("d5e8f3", "f7fcff"), panes=1)
    paint(picture, box(size, 0, 0.68, 1, 1, 0.001), "a5835a")
    for row, (top, depth) in enumerate(((0.7, 0.035), (0.78, 0.05), (0.89, 0.08))):
        for place in np.arange(-0.1 + 0.05 * row, 1, 0.26 + 0.05 * row):
            wide = 0.17 + 0.05 * row
            desk = [
                (place, top),
                (place + wide, top),
                (place + wide * 1.06, top + depth),
                (place - wide * 0.06, top + depth),
            ]
            paint(picture, shape(size, desk, 0.001), "c99f63")
            paint(
                picture, box(size, place - wide * 0.06, top + depth, place + wide * 1.06, top + depth * 1.3), "8d6a3d"
            )
    return soft(picture, 0.0055)


def library(size: Size) -> Picture:
    """Shelves full of books, warm light."""
    picture = sky(size, (0, "4a3120"), (1, "2c1d13"))
    for n in range(3):
        _shelf(
            picture,
            size,
            (0.01 + n * 0.335, 0.02, 0.32 + n * 0.335, 0.97),
            rows=6,
            seed=141 + n,
            filled=0.95,
            wood="5d3f28",
        )
    paint(picture, glow(size, (0.5, 0.2), 0.55), "ffd9a0", 0.3)
    return soft(picture, 0.006)


def living_room(size: Size) -> Picture:
    """A sofa, a lamp, a window at evening."""
    picture = sky(size, (0, "d8cbb8"), (0.75, "c9b9a2"), (1, "8a6f55"))
    _window(picture, size, (0.06, 0.1, 0.34, 0.58), ("8fb1cf", "e9d6c2"), panes=2)
    for left in (0.03, 0.34):
        paint(picture, box(size, left, 0.06, left + 0.045, 0.72, 0.004), "b7a48b")
    paint(picture, box(size, 0, 0.78, 1, 1, 0.002), "7d5f45")
    paint(picture, box(size, 0.42, 0.56, 0.9, 0.74, 0.012), "5f7480")
    paint(picture, box(size, 0.39, 0.66, 0.93, 0.86, 0.012), "6d838f")
    for left, colour in ((0.47, "d9a86a"), (0.76, "b8c4bb")):
        paint(picture, box(size, left, 0.58, left + 0.1, 0.71, 0.01), colour)
    paint(picture, box(size, 0.55, 0.2, 0.76, 0.42, 0.001), "3f3a36")
    paint(picture, box(size, 0.56, 0.215, 0.75, 0.405, 0.001), sky(size, (0.2, "c7d6cf"), (0.4, "7c9484")))
    paint(picture, box(size, 0.956, 0.4, 0.964, 0.85, 0.001), "4a4038")
    paint(picture, shape(size, [(0.925, 0.4), (0.995, 0.4), (0.98, 0.28), (0.94, 0.28)], 0.002), "f6e2b8")
    paint(picture, glow(size, (0.96, 0.36), 0.25), "ffdf9e", 0.6)
    _plant(picture, size, (0.385, 0.86), 0.2, 151)
    return soft(picture, 0.0065)


def _window(
    picture: Picture, size: Size, place: tuple[float, float, float, float], light: tuple[str, str], panes: int
) -> None:
    left, top, right, bottom = place
    paint(picture, box(size, left - 0.008, top - 0.014, right + 0.008, bottom + 0.014, 0.001), "f8f8f5")
    view = sky(size, (top, light[0]), (bottom, light[1]))
    paint(
        view,
        np.clip(clouds(size, 119, cell=(0.2, 0.3)) * 2 - 1, 0, 1) * (box(size, 0, bottom - 0.17, 1, 1)),
        "9fb59a",
        0.8,
    )
    paint(picture, box(size, left, top, right, bottom, 0.001), view)
    for n in range(1, panes):
        x = left + (right - left) * n / panes
        paint(picture, box(size, x - 0.004, top, x + 0.004, bottom, 0.001), "f8f8f5")
    middle = top + (bottom - top) * 0.4
    paint(picture, box(size, left, middle - 0.006, right, middle + 0.006, 0.001), "f8f8f5")


def _shelf(
    picture: Picture,
    size: Size,
    place: tuple[float, float, float, float],
    *,
    rows: int,
    seed: int,
    filled: float,
    wood: str,
) -> None:
    left, top, right, bottom = place
    rng = np.random.default_rng(seed)
    paint(picture, box(size, left, top, right, bottom, 0.001), wood)
    step = (bottom - top) / rows
    for row in range(rows):
        ceiling, floor = top + row * step + 0.012, top + (row + 1) * step
        slab(picture, (left + 0.006, ceiling, right - 0.006, floor), rgb(wood) * 0.62)
        x = left + 0.008
        while x < right - 0.022:
            wide = 0.006 + rng.random() * 0.012
            if rng.random() < filled:
                head = floor - (floor - ceiling) * (0.6 + rng.random() * 0.3)
                colour = rgb(_BOOKS[rng.integers(len(_BOOKS))]) * (0.8 + rng.random() * 0.4)
                slab(picture, (x, head, x + wide, floor), colour)
            x += wide + 0.001
        slab(picture, (left, floor - 0.002, right, floor + 0.01), rgb(wood))


def _plant(picture: Picture, size: Size, foot: tuple[float, float], height: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = foot
    pot = [(x - 0.02, y - 0.07), (x + 0.02, y - 0.07), (x + 0.015, y), (x - 0.015, y)]
    for _ in range(26):
        angle, reach = rng.normal(0, 0.75), height * (0.5 + rng.random() * 0.6)
        tip = (x + np.sin(angle) * reach * 0.6, y - 0.07 - np.cos(angle) * reach)
        aside = 0.009 + rng.random() * 0.005
        bend = ((x + tip[0]) / 2 + aside, (y - 0.07 + tip[1]) / 2)
        leaf = [(x, y - 0.07), bend, tip, (bend[0] - 2 * aside, bend[1])]
        paint(picture, shape(size, leaf, 0.001), ("3f6b41", "56834f", "2f5637")[rng.integers(3)], 0.9)
    paint(picture, shape(size, pot, 0.001), "c8b9a6")
    paint(picture, disc(size, (x, y), 0.018), "c8b9a6", 0.3)
