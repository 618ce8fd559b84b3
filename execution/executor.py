"""graphql-core's executor, with plans. What a plan comes upon and cannot write, graphql-core finishes.

It asks nothing again but for rows that were read for the plan, with less in them than it may need.
"""

from collections.abc import Callable, Generator
from copy import copy
from inspect import isawaitable
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.execution.executor import Executor
from graphql.execution.middleware import MiddlewareManager
from graphql.pyutils import AwaitableOrValue, Path

from execution.frames import Frame
from execution.plan import NotPlanned, Plan
from execution.plans import Plans
from execution.run import Run

Answered = AwaitableOrValue[dict[str, Any]]
Finish = Callable[[Executor[Any]], Answered]


class PlannedExecutor(Executor[Any]):
    """`plans` is kept with the document; without it nothing is planned."""

    def __init__(self, *arguments: Any, plans: Plans | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._plans = plans

    def execute_root_grouped_field_set(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        position_context: Any,
    ) -> Answered:
        if self._plans is None or self.middleware_manager or self.abort_signal or self.hooks:
            return super().execute_root_grouped_field_set(
                root_type, root_value, grouped_field_set, serially, position_context
            )
        if serially:
            return self._one_after_another(root_type, root_value, grouped_field_set)
        return self._by_plan(root_type, root_value, grouped_field_set)

    async def _one_after_another(
        self, root_type: GraphQLObjectType, root_value: Any, grouped_field_set: GroupedFieldSet
    ) -> dict[str, Any]:
        """A mutation: the next field is not begun before the one before is answered with all that is selected of it."""
        answered: dict[str, Any] = {}
        for key, details in grouped_field_set.items():
            running = self._by_plan(root_type, root_value, {key: details})
            answered |= await running if isawaitable(running) else running
        return answered

    def _by_plan(self, root_type: GraphQLObjectType, root_value: Any, collected: GroupedFieldSet) -> Answered:
        def finish(executor: Executor[Any]) -> Answered:
            return executor.execute_fields(root_type, root_value, None, collected, None)

        try:
            selection = self._plan().root(root_type, collected, self.collect_subfields)
        except (NotPlanned, GraphQLError, RecursionError):
            return finish(self)
        run, frame = Run(self), Frame(selection, [root_value], [None])
        run.advance([frame])
        return self._after_waiting(run, frame, finish) if run.waiting else self._written(run, frame, finish)

    def _plan(self) -> Plan:
        assert self._plans is not None
        return self._plans.of(self.schema, self.operation, self.fragment_definitions, self.variable_values.coerced)

    async def _after_waiting(self, run: Run, frame: Frame, finish: Finish) -> dict[str, Any]:
        await run.wait()
        written = self._written(run, frame, finish)
        return await written if isawaitable(written) else written

    def _written(self, run: Run, frame: Frame, finish: Finish) -> Answered:
        if run.plain:
            try:
                return frame.written()[0]
            except Exception:  # noqa: BLE001, S110 - told by graphql-core, next
                pass
        return finish(self._replaying(frame))

    def _replaying(self, frame: Frame) -> Executor[Any]:
        """An executor that meets the answers that were given, and asks only for what was not, or not wholly."""
        replaying = copy(self)
        replaying.middleware_manager = Replay({path: (answer, late) for path, answer, late in frame.recorded()})
        return replaying


class Replay(MiddlewareManager):
    """Stands between graphql-core and the resolvers, and gives the answers that are known."""

    def __init__(self, known: dict[Path, tuple[Any, bool]]) -> None:
        super().__init__()
        self._known = known

    def get_field_resolver(self, field_resolver: Callable[..., Any]) -> Callable[..., Any]:
        def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            if info.path not in self._known:
                return field_resolver(source, info, **arguments)
            answer, late = self._known[info.path]
            return _ATickLater(answer) if late else answer

        return resolve


class _ATickLater:
    """What was waited for takes its turn after what was there at once."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def __await__(self) -> Generator[None, None, Any]:
        yield
        return self._answer
