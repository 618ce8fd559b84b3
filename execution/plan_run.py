"""Run a plan level by level: resolve each field for all rows at once, then descend into the objects."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, cast

from graphql import GraphQLObjectType, GraphQLResolveInfo, is_abstract_type
from graphql.execution.executor import Executor, to_nodes
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from execution.frames import NOT_RESOLVED, Frame, NestedObjects, iter_with_paths
from execution.plan import PlannedField, Selection
from execution.strategies import ALL_COLUMNS, Batch, Column, Computed, Embedded, Projection
from execution.wrapping import NotPlain, any_deferred_or_error, flatten

# Follows the last object; identical to no resolved value.
NO_MORE_OBJECTS = object()
PendingField = tuple[Frame, PlannedField, Awaitable[Sequence[object]]]


class PlanRun:
    """One run of a plan. `is_plain` turns False once graphql-core has to finish the operation, mostly for an error."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.is_plain = True
        self.pending: list[PendingField] = []
        self._executor = executor

    def resolve_frames(self, frames: Iterable[Frame]) -> None:
        """Resolve the fields of these rows and of the objects found; fields that have to be awaited go to `pending`."""
        queue = list(frames)
        for frame in queue:
            for planned in frame.selection.fields:
                field = self._folded_if_authorized(planned)
                answers = self._resolve_field(frame, field)
                if answers is not None:
                    queue.extend(self._record_answers(frame, field, answers))

    def _folded_if_authorized(self, planned: PlannedField) -> PlannedField:
        """Return the folded field if its authorizers allow it; else the edges themselves report the error."""
        if planned.folded is None:
            return planned
        try:
            for allow in planned.folded.authorizers:
                allow(self._executor.context_value)
        except Exception:  # noqa: BLE001 - the edge reports it
            return planned
        return planned.folded

    async def wait(self) -> None:
        """Await pending fields until none is left, all of a level together."""
        while self.pending:
            pending, self.pending = self.pending, []
            settled = await _gather_results([each[2] for each in pending])
            for (frame, each, _), answers in zip(pending, settled, strict=True):
                answers_by_row = [answers] * len(frame.rows) if isinstance(answers, Exception) else answers
                self.resolve_frames(self._record_answers(frame, each, cast("Sequence[object]", answers_by_row)))

    def _resolve_field(self, frame: Frame, field: PlannedField) -> Sequence[object] | None:
        """Return one answer for each row, exceptions included; None if the field is pending."""
        strategy = field.strategy
        try:
            if isinstance(strategy, Column):
                return _map_rows(attrgetter(strategy.name), frame.rows)
            if isinstance(strategy, Computed):
                if strategy.authorize:
                    strategy.authorize(self._executor.context_value)
                return _map_rows(strategy.compute, frame.rows)
            if isinstance(strategy, Embedded):
                return _map_rows(strategy.view, frame.rows)
            if isinstance(strategy, Batch):
                return self._load_batch(frame, field, strategy)
        except Exception as error:  # noqa: BLE001 - it becomes the answer of each row
            return [error] * len(frame.rows)
        return self._resolve_row_by_row(frame, field)

    def _load_batch(self, frame: Frame, field: PlannedField, batch: Batch) -> Sequence[object] | None:
        arguments = self._argument_values(field)
        if arguments is None:
            return [NOT_RESOLVED] * len(frame.rows)
        loading = batch.load(self._executor.context_value, frame.rows, **arguments)
        frame.awaited[field.key] = True
        self.pending.append((frame, field, loading))
        return None

    def _resolve_row_by_row(self, frame: Frame, field: PlannedField) -> Sequence[object] | None:
        """Call the field's resolver for each row, as graphql-core does."""
        executor = self._executor
        resolve = field.definition.resolve or executor.field_resolver
        answers: list[object] = []
        for index, row in enumerate(frame.rows):
            arguments = self._argument_values(field)
            info = self._resolve_info(frame, field, index)
            answers.append(NOT_RESOLVED if arguments is None else _call_or_error(resolve, row, info, **arguments))
        awaitable = [executor.is_awaitable(answer) for answer in answers]
        if not any(awaitable):
            return answers
        frame.awaited[field.key] = awaitable
        self.pending.append((frame, field, _await_deferred(answers, awaitable)))
        return None

    def _argument_values(self, field: PlannedField) -> dict[str, object] | None:
        """Return the field's arguments; None if they are invalid: graphql-core reports why."""
        node = field.details[0].node
        if not (field.definition.args or node.arguments):
            return {}
        try:
            return get_argument_values(
                field.definition, node, self._executor.variable_values, hide_suggestions=self._executor.hide_suggestions
            )
        except Exception:  # noqa: BLE001 - graphql-core reports it when it finishes
            return None

    def _resolve_info(self, frame: Frame, field: PlannedField, row_index: int) -> GraphQLResolveInfo[Any]:
        path = Path(frame.paths[row_index], field.key, frame.selection.type.name)
        info = self._executor.build_resolve_info(field.definition, to_nodes(field.details), frame.selection.type, path)
        return info if field.projection is ALL_COLUMNS else _info_with_projection(info, field.projection)

    def _record_answers(self, frame: Frame, field: PlannedField, answers: Sequence[object]) -> list[Frame]:
        """Record the answers of a field, and return the frames of the objects in them."""
        frame.answers[field.key] = answers
        if field.is_leaf:
            self.is_plain = self.is_plain and not any_deferred_or_error(answers)
            return []
        objects, plain = flatten(answers, field.wrapping)
        self.is_plain = self.is_plain and plain
        if objects and field.projection.columns is not None:
            frame.projected_keys.add(field.key)
        nested = (
            _nest_shared(field, objects) if field.shares_rows else self._nest_by_type(frame, field, answers, objects)
        )
        frame.nested[field.key] = nested
        return list(nested.frames.values())

    def _nest_by_type(
        self, frame: Frame, field: PlannedField, answers: Sequence[object], objects: Sequence[object]
    ) -> NestedObjects:
        """Make each object a row of its own, in the frame of its type."""
        found_objects: list[object] = []
        types: list[str] = []
        nested = NestedObjects(found_objects, {}, types)
        remaining = iter(objects)
        next_object = next(remaining, NO_MORE_OBJECTS)
        for index, value in enumerate(answers):
            info = self._resolve_info(frame, field, index)
            for found, path in iter_with_paths(value, info.path, field.wrapping.depth):
                if found is not next_object:
                    continue
                next_object = next(remaining, NO_MORE_OBJECTS)
                selection = self._selection_for(field, found, info)
                if selection is None:
                    self.is_plain = False
                    continue
                name = selection.type.name
                frame_of_type = nested.frames.setdefault(name, Frame(selection, []))
                frame_of_type.rows.append(found)
                frame_of_type.paths.append(path)
                found_objects.append(found)
                types.append(name)
        return nested

    def _selection_for(self, field: PlannedField, value: object, info: GraphQLResolveInfo[Any]) -> Selection | None:
        """Return the selection of an object's type; None if its type cannot be resolved at once."""
        try:
            target = field.named_type
            if is_abstract_type(target):
                resolve_type = target.resolve_type or self._executor.type_resolver
                name = _require_immediate(resolve_type(value, info, target))
                nodes = field.details
                target = self._executor.ensure_valid_runtime_type(name, target, nodes, info, value)
            assert isinstance(target, GraphQLObjectType)
            if target.is_type_of and not _require_immediate(target.is_type_of(value, info)):
                return None
            return field.selections[target.name]
        except Exception:  # noqa: BLE001 - graphql-core reports it when it finishes
            return None


def _nest_shared(field: PlannedField, objects: Sequence[object]) -> NestedObjects:
    """Make one row of each object, however often it occurs."""
    if not objects:
        return NestedObjects([], {})
    ((name, selection),) = field.selections.items()
    rows = list({id(each): each for each in objects}.values())
    return NestedObjects(objects, {name: Frame(selection, rows)})


def _map_rows(call: Callable[..., object], rows: Sequence[object]) -> list[object]:
    """Call a function with each row. Only if one raises, call again and collect each row's exception."""
    try:
        return [call(row) for row in rows]
    except Exception:  # noqa: BLE001 - caught again below
        return [_call_or_error(call, row) for row in rows]


# Subclasses of info types that allow attributes: GraphQLResolveInfo is a NamedTuple.
PROJECTION_INFO_TYPES: dict[type, type] = {}


def _info_with_projection(info: GraphQLResolveInfo[Any], projection: Projection) -> GraphQLResolveInfo[Any]:
    """Return a copy of a resolver's info that has a `projection`."""
    info_type = type(info)
    if info_type not in PROJECTION_INFO_TYPES:
        PROJECTION_INFO_TYPES[info_type] = type("ResolveInfoWithProjection", (info_type,), {})
    extended: GraphQLResolveInfo[Any] = PROJECTION_INFO_TYPES[info_type](*info)
    extended.projection = projection  # type: ignore[attr-defined]  # the subclass has a __dict__
    return extended


def _call_or_error(call: Callable[..., object], *arguments: object, **named: object) -> object:
    """Return what a function returns, or the exception that it raises."""
    try:
        return call(*arguments, **named)
    except Exception as error:  # noqa: BLE001 - recorded as the field's answer
        return error


def _require_immediate(value: object) -> object:
    """Return a value. Raises NotPlain if it is awaitable."""
    if hasattr(value, "__await__"):
        if hasattr(value, "close"):
            value.close()
        raise NotPlain
    return value


async def _await_deferred(answers: Sequence[object], awaitable: list[bool]) -> list[object]:
    """Return the answers with the awaitable ones awaited."""
    awaited = [answer for answer, is_late in zip(answers, awaitable, strict=True) if is_late]
    settled = iter(await _gather_results(cast("list[Awaitable[object]]", awaited)))
    return [next(settled) if is_late else answer for answer, is_late in zip(answers, awaitable, strict=True)]


async def _gather_results(awaitables: list[Awaitable[object]]) -> list[object]:
    """Await all, and return their results, exceptions included. Raises CancelledError if one was cancelled."""
    if len(awaitables) == 1:
        try:
            return [await awaitables[0]]
        except Exception as error:  # noqa: BLE001 - recorded as the field's answer
            return [error]
    results = await gather(*awaitables, return_exceptions=True)
    for each in results:
        if isinstance(each, BaseException) and not isinstance(each, Exception):
            raise each
    return results
