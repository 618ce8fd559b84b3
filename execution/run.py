"""Running a plan: the fields of all rows of a level are answered together, then those of what they hold."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable
from operator import attrgetter
from typing import Any

from graphql import GraphQLResolveInfo, is_abstract_type
from graphql.execution.executor import Executor, to_nodes
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from execution.fields import EVERYTHING, Batch, Column, Each, Part, Wanted
from execution.frames import UNASKED, Frame, Inside, spread
from execution.plan import Field, Selection
from execution.shapes import NotPlain, any_odd, taken_apart

# After the last object; no answer is it.
END = object()
Waiting = tuple[Frame, Field, Awaitable[list[Any]]]


class Run:
    """`plain` is False as soon as something turned up that graphql-core has to finish: an error, mostly."""

    def __init__(self, executor: Executor[Any]) -> None:
        self.plain = True
        self.waiting: list[Waiting] = []
        self._executor = executor

    def advance(self, frames: Iterable[Frame]) -> None:
        """Answer the fields of these rows, and of all that is found at once; what takes longer is left in `waiting`."""
        queue = list(frames)
        for frame in queue:
            for stated in frame.selection.fields:
                each = self._as_allowed(stated)
                answers = self._answers(frame, each)
                if answers is not None:
                    queue.extend(self._settle(frame, each, answers))

    def _as_allowed(self, stated: Field) -> Field:
        """Folded where nobody objects; who does is asked again by the edge itself, and its objection is told there."""
        if stated.folded is None:
            return stated
        try:
            for allow in stated.folded.allow:
                allow(self._executor.context_value)
        except Exception:  # noqa: BLE001 - told by the edge
            return stated
        return stated.folded

    async def wait(self) -> None:
        """Until nothing is left to wait for: level by level, everything of a level at once."""
        while self.waiting:
            waiting, self.waiting = self.waiting, []
            settled = await _settled([each[2] for each in waiting])
            for (frame, each, _), answers in zip(waiting, settled, strict=True):
                everybodys = [answers] * len(frame.rows) if isinstance(answers, Exception) else answers
                self.advance(self._settle(frame, each, everybodys))

    def _answers(self, frame: Frame, each: Field) -> list[Any] | None:
        """One answer a row, failures among them; None where they come later."""
        how = each.how
        try:
            if isinstance(how, Column):
                return _of_each(attrgetter(how.name), frame.rows)
            if isinstance(how, Each):
                if how.allow:
                    how.allow(self._executor.context_value)
                return _of_each(how.of, frame.rows)
            if isinstance(how, Part):
                return _of_each(how.of, frame.rows)
            if isinstance(how, Batch):
                return self._load(frame, each, how)
        except Exception as error:  # noqa: BLE001 - everybody's failure
            return [error] * len(frame.rows)
        return self._resolve(frame, each)

    def _load(self, frame: Frame, each: Field, batch: Batch) -> list[Any] | None:
        arguments = self._arguments(each)
        if arguments is None:
            return [UNASKED] * len(frame.rows)
        loading = batch.load(self._executor.context_value, frame.rows, **arguments)
        frame.late[each.key] = True
        self.waiting.append((frame, each, loading))
        return None

    def _resolve(self, frame: Frame, each: Field) -> list[Any] | None:
        """Row by row, as graphql-core does."""
        executor = self._executor
        resolve = each.definition.resolve or executor.field_resolver
        answers: list[Any] = []
        for place, row in enumerate(frame.rows):
            arguments = self._arguments(each)
            info = self._info(frame, each, place)
            answers.append(UNASKED if arguments is None else _caught(resolve, row, info, **arguments))
        late = [executor.is_awaitable(answer) for answer in answers]
        if not any(late):
            return answers
        frame.late[each.key] = late
        self.waiting.append((frame, each, _later(answers, late)))
        return None

    def _arguments(self, each: Field) -> dict[str, Any] | None:
        """None where they are at fault: graphql-core will say how."""
        node = each.details[0].node
        if not (each.definition.args or node.arguments):
            return {}
        try:
            return get_argument_values(
                each.definition, node, self._executor.variable_values, hide_suggestions=self._executor.hide_suggestions
            )
        except Exception:  # noqa: BLE001 - told by graphql-core, when it finishes this
            return None

    def _info(self, frame: Frame, each: Field, place: int) -> GraphQLResolveInfo[Any]:
        path = Path(frame.paths[place], each.key, frame.selection.type.name)
        info = self._executor.build_resolve_info(each.definition, to_nodes(each.details), frame.selection.type, path)
        return info if each.wanted is EVERYTHING else _told(info, each.wanted)

    def _settle(self, frame: Frame, each: Field, answers: list[Any]) -> list[Frame]:
        """Take down the answers; the frames of what they hold."""
        frame.answers[each.key] = answers
        if each.is_leaf:
            self.plain = self.plain and not any_odd(answers)
            return []
        objects, plain = taken_apart(answers, each.shape)
        self.plain = self.plain and plain
        if objects and each.wanted.columns is not None:
            frame.partly.add(each.key)
        inside = _shared(each, objects) if each.shares_rows else self._typed(frame, each, answers, objects)
        frame.inside[each.key] = inside
        return list(inside.frames.values())

    def _typed(self, frame: Frame, each: Field, answers: list[Any], objects: list[Any]) -> Inside:
        """Each object is a row of its own, of the type that it turns out to be."""
        inside = Inside([], {}, [])
        assert inside.types is not None
        coming = iter(objects)
        awaited = next(coming, END)
        for place, value in enumerate(answers):
            info = self._info(frame, each, place)
            for found, path in spread(value, info.path, each.shape.depth):
                if found is not awaited:
                    continue
                awaited = next(coming, END)
                selection = self._selection(each, found, info)
                if selection is None:
                    self.plain = False
                    continue
                name = selection.type.name
                kind = inside.frames.setdefault(name, Frame(selection, []))
                kind.rows.append(found)
                kind.paths.append(path)
                inside.objects.append(found)
                inside.types.append(name)
        return inside

    def _selection(self, each: Field, found: Any, info: GraphQLResolveInfo[Any]) -> Selection | None:
        """What is selected of an object; None where its type is in doubt."""
        try:
            target = each.target
            if is_abstract_type(target):
                resolve_type = target.resolve_type or self._executor.type_resolver
                name = _at_once(resolve_type(found, info, target))
                nodes = each.details
                target = self._executor.ensure_valid_runtime_type(name, target, nodes, info, found)
            if target.is_type_of and not _at_once(target.is_type_of(found, info)):
                return None
            return each.inside[target.name]
        except Exception:  # noqa: BLE001 - told by graphql-core, when it finishes this
            return None


def _shared(each: Field, objects: list[Any]) -> Inside:
    """An object that stands in many places is one row."""
    if not objects:
        return Inside([], {})
    ((name, selection),) = each.inside.items()
    rows = list({id(each): each for each in objects}.values())
    return Inside(objects, {name: Frame(selection, rows)})


def _of_each(call: Callable[[Any], Any], rows: list[Any]) -> list[Any]:
    """What it answers of each row. Nearly always of all of them; else once more, each with its failure."""
    try:
        return [call(row) for row in rows]
    except Exception:  # noqa: BLE001 - caught again below
        return [_caught(call, row) for row in rows]


# The kinds of info that take attributes, by the kind that a resolver is told otherwise.
TOLD: dict[type, Any] = {}


def _told(info: Any, wanted: Wanted) -> Any:
    """What the resolver of a source is told: what its rows are to hold, too."""
    kind = type(info)
    if kind not in TOLD:
        TOLD[kind] = type("Told", (kind,), {})
    told = TOLD[kind](*info)
    told.wanted = wanted
    return told


def _caught(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What it answers, or the exception that it raises."""
    try:
        return call(*arguments, **named)
    except Exception as error:  # noqa: BLE001 - an answer like any other, until it is written
        return error


def _at_once(value: Any) -> Any:
    """Raises NotPlain where it would have to be waited for."""
    if hasattr(value, "__await__"):
        if hasattr(value, "close"):
            value.close()
        raise NotPlain
    return value


async def _later(answers: list[Any], late: list[bool]) -> list[Any]:
    """The answers, those waited for that are late."""
    waited = [answer for answer, is_late in zip(answers, late, strict=True) if is_late]
    settled = iter(await _settled(waited))
    return [next(settled) if is_late else answer for answer, is_late in zip(answers, late, strict=True)]


async def _settled(awaitables: list[Awaitable[Any]]) -> list[Any]:
    """What they come to, exceptions included; cancelled, where one is."""
    if len(awaitables) == 1:
        try:
            return [await awaitables[0]]
        except Exception as error:  # noqa: BLE001 - likewise
            return [error]
    settled = await gather(*awaitables, return_exceptions=True)
    for each in settled:
        if isinstance(each, BaseException) and not isinstance(each, Exception):
            raise each
    return settled
