"""Execute operations by plan, and replay the answers through graphql-core when a plan cannot finish.

Replaying resolves nothing twice, except fields whose rows were loaded with only the columns that the plan needed:
graphql-core may need others.
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
from execution.plan import CannotPlan, Plan
from execution.plan_cache import PlanCache
from execution.plan_run import PlanRun

ExecutionData = AwaitableOrValue[dict[str, object]]
FinishWithGraphQLCore = Callable[[Executor[Any]], ExecutionData]


class PlannedExecutor(Executor[Any]):
    """An executor that uses the plans of the operation's document; without `plans` graphql-core does everything.

    `Any` is what graphql-core itself declares for the context, the root value and the constructor's arguments.
    """

    def __init__(self, *arguments: Any, plans: PlanCache | None = None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._plans = plans

    def execute_root_grouped_field_set(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,
        position_context: Any,
    ) -> ExecutionData:
        if self._plans is None or self.middleware_manager or self.abort_signal or self.hooks:
            return super().execute_root_grouped_field_set(
                root_type, root_value, grouped_field_set, serially, position_context
            )
        if serially:
            return self._execute_serially(root_type, root_value, grouped_field_set)
        return self._execute_by_plan(root_type, root_value, grouped_field_set)

    async def _execute_serially(
        self, root_type: GraphQLObjectType, root_value: object, grouped_field_set: GroupedFieldSet
    ) -> dict[str, object]:
        """Execute the fields of a mutation one after another, each with its whole selection."""
        data: dict[str, object] = {}
        for key, details in grouped_field_set.items():
            running = self._execute_by_plan(root_type, root_value, {key: details})
            data |= await running if isawaitable(running) else running
        return data

    def _execute_by_plan(
        self, root_type: GraphQLObjectType, root_value: object, collected: GroupedFieldSet
    ) -> ExecutionData:
        def finish(executor: Executor[Any]) -> ExecutionData:
            return executor.execute_fields(root_type, root_value, None, collected, None)

        try:
            selection = self._get_plan().root_selection(root_type, collected, self.collect_subfields)
        except (CannotPlan, GraphQLError, RecursionError):
            return finish(self)
        run, frame = PlanRun(self), Frame(selection, [root_value], [None])
        run.resolve_frames([frame])
        return self._finish_async(run, frame, finish) if run.pending else self._build_data(run, frame, finish)

    def _get_plan(self) -> Plan:
        assert self._plans is not None
        return self._plans.get(self.schema, self.operation, self.fragment_definitions, self.variable_values.coerced)

    async def _finish_async(self, run: PlanRun, frame: Frame, finish: FinishWithGraphQLCore) -> dict[str, object]:
        await run.wait()
        data = self._build_data(run, frame, finish)
        return await data if isawaitable(data) else data

    def _build_data(self, run: PlanRun, frame: Frame, finish: FinishWithGraphQLCore) -> ExecutionData:
        if run.is_plain:
            try:
                return frame.build_objects()[0]
            except Exception:  # noqa: BLE001, S110 - graphql-core reports it below
                pass
        return finish(self._replaying_executor(frame))

    def _replaying_executor(self, frame: Frame) -> Executor[Any]:
        """Return a copy of this executor that uses the recorded answers, and resolves only the fields without one."""
        executor = copy(self)
        executor.middleware_manager = ReplayMiddleware(
            {path: (answer, awaited) for path, answer, awaited in frame.iter_answers()}
        )
        return executor


class ReplayMiddleware(MiddlewareManager):
    """Middleware that answers fields from recorded answers: `known` holds each with whether it was awaited."""

    def __init__(self, known: dict[Path, tuple[object, bool]]) -> None:
        super().__init__()
        self._known = known

    def get_field_resolver(self, field_resolver: Callable[..., object]) -> Callable[..., object]:
        def resolve(source: object, info: GraphQLResolveInfo[Any], **arguments: object) -> object:
            if info.path not in self._known:
                return field_resolver(source, info, **arguments)
            answer, awaited = self._known[info.path]
            return _NextTick(answer) if awaited else answer

        return resolve


class _NextTick:
    """An awaitable that yields once, so that awaited answers come after immediate ones, as without a plan."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def __await__(self) -> Generator[None, None, object]:
        yield
        return self._answer
