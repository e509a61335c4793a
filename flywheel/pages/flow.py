"""Where something came from, as a picture: raw files on the left, what was made of them on the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

Place = tuple[str, str]
"""Kind and id of a thing."""

Step = tuple[Place, str, Place]

BOX = (176, 44)
GAP = (62, 16)
SHOWN = 4
"""Of things that are alike; more are one box."""
TITLE = "What this version came from"
LETTERS = 21
WORDS = {"fed": "fed", "trained": "trained", "became": "became", "served_by": "served by", "judged_by": "judged by"}


def lineage_picture(steps: Sequence[Step]) -> Markup:
    """Draw the steps in columns by how far each thing is from raw data; many that are alike are one box."""
    columns = _columns(_gathered(steps))
    if not columns:
        return Markup()
    at = {
        place: (x * (BOX[0] + GAP[0]) + 1, y * (BOX[1] + GAP[1]) + 1)
        for x, column in enumerate(columns)
        for y, place in enumerate(column)
    }
    width = len(columns) * (BOX[0] + GAP[0]) - GAP[0] + 2
    height = max(map(len, columns)) * (BOX[1] + GAP[1]) - GAP[1] + 2
    drawn = [_arrow(at[source], at[target], word) for source, word, target in dict.fromkeys(_gathered(steps))]
    boxes = [_box(place, x, y) for place, (x, y) in at.items()]
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="lineage"><title>{}</title>{}</svg>'
    ).format(width, height, TITLE, TITLE, Markup().join([*drawn, *boxes]))


def _gathered(steps: Sequence[Step]) -> list[Step]:
    """Put things of one kind that come from, and lead to, the very same things into one box if they are many."""
    ways: dict[Place, tuple[set[Place], set[Place]]] = {}
    for source, _, target in steps:
        ways.setdefault(source, (set(), set()))[1].add(target)
        ways.setdefault(target, (set(), set()))[0].add(source)
    alike: dict[tuple[str, frozenset[Place], frozenset[Place]], list[Place]] = {}
    for place, (before, after) in ways.items():
        alike.setdefault((place[0], frozenset(before), frozenset(after)), []).append(place)
    named = {
        place: (kind, f"{len(places)} {kind}s") if len(places) > SHOWN else place
        for (kind, _, _), places in alike.items()
        for place in places
    }
    return [(named[source], word, named[target]) for source, word, target in steps]


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


def _box(place: Place, x: float, y: float) -> Markup:
    kind, name = place
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="6" class="box {}"/>'
        '<text x="{}" y="{}" class="kind">{}</text>'
        '<text x="{}" y="{}" class="name"><title>{}</title>{}</text>'
    ).format(x, y, *BOX, kind, x + 10, y + 17, kind, x + 10, y + 34, name, _short(name))


def _arrow(source: tuple[float, float], target: tuple[float, float], word: str) -> Markup:
    x1, y1 = source[0] + BOX[0], source[1] + BOX[1] / 2
    x2, y2 = target[0], target[1] + BOX[1] / 2
    bend = (x2 - x1) / 2
    curve = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"
    return Markup('<path d="{}" class="arrow"/><path d="{}" class="arrow"/><title>{}</title>').format(
        curve, f"M{x2 - 7},{y2 - 4} L{x2},{y2} L{x2 - 7},{y2 + 4}", WORDS.get(word, word)
    )


def _short(name: str) -> str:
    """Show the end of a path without its project; the whole name is the box's title."""
    plain = name.replace("sha256:", "")
    if plain != name and len(plain) > LETTERS:
        return f"{plain[:12]}…"
    last = plain.rpartition("/")[2]
    return last if len(last) <= LETTERS else f"{last[: LETTERS - 1]}…"
