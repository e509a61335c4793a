"""Where a version came from, as a picture: raw files on the left, the version on the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

Place = tuple[str, str]
"""Kind and id of a thing."""

Step = tuple[Place, str, Place]

BOX = (176, 44)
GAP = (62, 16)
SHOWN = 8
LETTERS = 21
WORDS = {"fed": "fed", "trained": "trained", "became": "became", "served_by": "served by", "judged_by": "judged by"}


def lineage_picture(steps: Sequence[Step]) -> str:
    """Draw the steps in columns by how far each thing is from raw data; many of one kind are counted."""
    columns = _columns(steps)
    if not columns:
        return ""
    at = {
        place: (x * (BOX[0] + GAP[0]) + 1, y * (BOX[1] + GAP[1]) + 1)
        for x, column in enumerate(columns)
        for y, place in enumerate(column[:SHOWN])
    }
    width = len(columns) * (BOX[0] + GAP[0]) - GAP[0] + 2
    rows = max(min(len(column), SHOWN + 1) for column in columns)
    height = rows * (BOX[1] + GAP[1]) - GAP[1] + 2
    drawn = [_arrow(at[source], at[target], word) for source, word, target in steps if source in at and target in at]
    boxes = [_box(place, x, y) for place, (x, y) in at.items()]
    more = [
        f'<text x="{x * (BOX[0] + GAP[0]) + 8}" y="{SHOWN * (BOX[1] + GAP[1]) + 18}" class="figure">'
        f"and {len(column) - SHOWN} more</text>"
        for x, column in enumerate(columns)
        if len(column) > SHOWN
    ]
    title = "What this version came from"
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}" class="lineage">'
        f"<title>{title}</title>{''.join([*drawn, *boxes, *more])}</svg>"
    )


def _columns(steps: Sequence[Step]) -> list[list[Place]]:
    depth = _depths(steps)
    columns: list[list[Place]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for place in sorted(depth):
        columns[depth[place]].append(place)
    return columns


def _depths(steps: Iterable[Step]) -> Mapping[Place, int]:
    """Give each thing the length of the longest way from raw data; a circle, which no record should hold, ends."""
    steps = list(steps)
    depth: dict[Place, int] = {}
    for source, _, target in steps:
        depth.setdefault(source, 0)
        depth.setdefault(target, 0)
    for _ in range(len(depth)):
        changed = False
        for source, _, target in steps:
            if depth[target] < depth[source] + 1 <= len(depth):
                depth[target], changed = depth[source] + 1, True
        if not changed:
            break
    return depth


def _box(place: Place, x: float, y: float) -> str:
    kind, name = place
    return (
        f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="6" class="box {escape(kind)}"/>'
        f'<text x="{x + 10}" y="{y + 17}" class="kind">{escape(kind)}</text>'
        f'<text x="{x + 10}" y="{y + 34}" class="name"><title>{escape(name)}</title>{escape(_short(name))}</text>'
    )


def _arrow(source: tuple[float, float], target: tuple[float, float], word: str) -> str:
    x1, y1 = source[0] + BOX[0], source[1] + BOX[1] / 2
    x2, y2 = target[0], target[1] + BOX[1] / 2
    bend = (x2 - x1) / 2
    return (
        f'<path d="M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}" class="arrow"/>'
        f'<path d="M{x2 - 7},{y2 - 4} L{x2},{y2} L{x2 - 7},{y2 + 4}" class="arrow"/>'
        f"<title>{escape(WORDS.get(word, word))}</title>"
    )


def _short(name: str) -> str:
    """Show the end of a path without its project; the whole name is the box's title."""
    plain = name.replace("sha256:", "")
    if plain != name and len(plain) > LETTERS:
        return f"{plain[:12]}…"
    last = plain.rpartition("/")[2]
    return last if len(last) <= LETTERS else f"{last[: LETTERS - 1]}…"
