"""Rows of one type with the answers of their fields, and the frames of what those answers hold; written inside out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql.pyutils import Path

from execution.plan import Field, Selection
from execution.shapes import put_back


class Unasked(Exception):
    """Stands where a field was not resolved, since its arguments are at fault."""


UNASKED = Unasked()
Recorded = tuple[Path, Any, bool]


@dataclass(eq=False)
class Inside:
    """The objects that a field answered, in order, and the frames that they are rows of, by type.

    `types` says which object is of which type, where each object is a row of its own; else equal objects share a row.
    """

    objects: list[Any]
    frames: dict[str, "Frame"]
    types: list[str] | None = None

    def recorded(self, standing: list[tuple[Any, Path]]) -> Iterator[Recorded]:
        for frame in self.frames.values():
            if self.types is not None:
                yield from frame.recorded()
                continue
            rows = {id(row): place for place, row in enumerate(frame.rows)}
            yield from frame.recorded([(rows[id(each)], path) for each, path in standing if id(each) in rows])


@dataclass(eq=False)
class Frame:
    """`paths`: where each row stands in the answer; none where rows are shared. `late`: the answers waited for.

    `partly`: what was answered with no more than the plan needs, which is too little for graphql-core.
    """

    selection: Selection
    rows: list[Any]
    paths: list[Path | None] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    late: dict[str, list[bool] | bool] = field(default_factory=dict)
    partly: set[str] = field(default_factory=set)
    inside: dict[str, Inside] = field(default_factory=dict)

    def written(self) -> list[dict[str, Any]]:
        """An object a row. Raises where graphql-core would make an error of something."""
        columns = [self._column(each) for each in self.selection.fields]
        return self.selection.build(self.rows, *columns)

    def _column(self, each: Field) -> list[Any]:
        values = self.answers[each.key]
        if each.is_leaf:
            return values
        made = _written(self.inside[each.key])
        if len(made) == len(values) and not each.shape.depth:
            return made
        return put_back(values, iter(made), each.shape.depth)

    def recorded(self, places: Iterable[tuple[int, Path | None]] | None = None) -> Iterator[Recorded]:
        """Every answer to the rows at these places: its path, itself, and whether it was waited for."""
        places = list(enumerate(self.paths) if places is None else places)
        for each in self.selection.fields:
            if each.key in self.partly:
                continue
            answers, late = self.answers[each.key], self.late.get(each.key, False)
            here = [(row, Path(path, each.key, self.selection.type.name)) for row, path in places]
            for row, path in here:
                if answers[row] is not UNASKED:
                    yield path, answers[row], late if isinstance(late, bool) else late[row]
            if not each.is_leaf:
                standing = [found for row, path in here for found in spread(answers[row], path, each.shape.depth)]
                yield from self.inside[each.key].recorded(standing)


def spread(value: Any, path: Path, depth: int) -> Iterator[tuple[Any, Path]]:
    """What stands in lists of this depth, each with its path."""
    if depth == 0:
        yield value, path
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from spread(each, path.add_key(place), depth - 1)


def _written(inside: Inside) -> list[dict[str, Any]]:
    """What was made of each of the objects, in their order."""
    written = {name: frame.written() for name, frame in inside.frames.items()}
    if inside.types is not None:
        made = {name: iter(each) for name, each in written.items()}
        return [next(made[name]) for name in inside.types]
    if not inside.frames:
        return []
    ((name, frame),) = inside.frames.items()
    if len(frame.rows) == len(inside.objects):
        return written[name]
    shared = dict(zip(map(id, frame.rows), written[name], strict=True))
    return [shared[id(each)] for each in inside.objects]
