"""Hold the rows of one object type with the answers of their fields, and build the result objects inside out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graphql.pyutils import Path

from execution.plan import PlannedField, Selection
from execution.wrapping import rebuild


class NotResolved(Exception):
    """The answer of a field that was not resolved because its arguments are invalid."""


NOT_RESOLVED = NotResolved()
ResolvedAnswer = tuple[Path, object, bool]


@dataclass(eq=False)
class NestedObjects:
    """The objects that a field answered, in order, and a frame for each of their types.

    With `types`, the type name of each object, every object has a row of its own. Without, objects of the same identity
    share a row.
    """

    objects: Sequence[object]
    frames: dict[str, "Frame"]
    types: list[str] | None = None

    def iter_answers(self, occurrences: list[tuple[object, Path]]) -> Iterator[ResolvedAnswer]:
        """Yield the answers to these objects, which occur at these paths."""
        for frame in self.frames.values():
            if self.types is not None:
                yield from frame.iter_answers()
                continue
            rows = {id(row): index for index, row in enumerate(frame.rows)}
            yield from frame.iter_answers([(rows[id(each)], path) for each, path in occurrences if id(each) in rows])


@dataclass(eq=False)
class Frame:
    """The rows of one type, and the answers of their fields by response key, one for each row.

    `paths` is each row's path in the response; empty if rows are shared. `awaited` says which answers were awaited:
    all, none, or by row. `projected_keys` are fields whose objects hold only the columns that the plan needs, which is
    too little for graphql-core. `nested` holds the frames of the objects that a field answered.
    """

    selection: Selection
    rows: list[object]
    paths: list[Path | None] = field(default_factory=list)
    answers: dict[str, Sequence[object]] = field(default_factory=dict)
    awaited: dict[str, list[bool] | bool] = field(default_factory=dict)
    projected_keys: set[str] = field(default_factory=set)
    nested: dict[str, NestedObjects] = field(default_factory=dict)

    def build_objects(self) -> list[dict[str, object]]:
        """Build one result object for each row. Raises NotPlain, or what a serializer raises, at an error."""
        columns = [self._nested_values(each) for each in self.selection.fields]
        return self.selection.build(self.rows, *columns)

    def _nested_values(self, field: PlannedField) -> Sequence[object]:
        values = self.answers[field.key]
        if field.is_leaf:
            return values
        objects = _build_nested(self.nested[field.key])
        if len(objects) == len(values) and not field.wrapping.depth:
            return objects
        return rebuild(values, iter(objects), field.wrapping.depth)

    def iter_answers(self, occurrences: Iterable[tuple[int, Path | None]] | None = None) -> Iterator[ResolvedAnswer]:
        """Yield the answers of these rows (by default all): path, answer, and whether it was awaited."""
        occurrences = list(enumerate(self.paths) if occurrences is None else occurrences)
        for each in self.selection.fields:
            if each.key in self.projected_keys:
                continue
            answers, awaited = self.answers[each.key], self.awaited.get(each.key, False)
            here = [(row, Path(path, each.key, self.selection.type.name)) for row, path in occurrences]
            for row, path in here:
                if answers[row] is not NOT_RESOLVED:
                    yield path, answers[row], awaited if isinstance(awaited, bool) else awaited[row]
            if not each.is_leaf:
                nested_occurrences = [
                    found for row, path in here for found in iter_with_paths(answers[row], path, each.wrapping.depth)
                ]
                yield from self.nested[each.key].iter_answers(nested_occurrences)


def iter_with_paths(value: object, path: Path, depth: int) -> Iterator[tuple[object, Path]]:
    """Yield the values inside of lists nested to this depth, each with its path."""
    if depth == 0:
        yield value, path
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from iter_with_paths(each, path.add_key(index), depth - 1)


def _build_nested(nested: NestedObjects) -> list[dict[str, object]]:
    """Build the result objects of nested objects, in order."""
    objects_by_type = {name: frame.build_objects() for name, frame in nested.frames.items()}
    if nested.types is not None:
        remaining = {name: iter(each) for name, each in objects_by_type.items()}
        return [next(remaining[name]) for name in nested.types]
    if not nested.frames:
        return []
    ((name, frame),) = nested.frames.items()
    if len(frame.rows) == len(nested.objects):
        return objects_by_type[name]
    shared = dict(zip(map(id, frame.rows), objects_by_type[name], strict=True))
    return [shared[id(each)] for each in nested.objects]
