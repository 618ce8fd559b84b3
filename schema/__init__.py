"""What the API says: its types, words, scopes and resolvers, one file an object. Declarations, no logic."""

from collections.abc import Iterator

import strawberry
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionContext

from schema import words
from schema.agent_version import AgentVersion
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.transfer import Transfer


class OneOperation(SchemaExtension):
    """Of several operations the one to run must be named: Strawberry would run the first."""

    def on_parse(self) -> Iterator[None]:
        yield
        context = self.execution_context
        document = context.graphql_document
        if document and context._provided_operation_name is None:  # noqa: SLF001 - it has no public name
            operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
            if len(operations) > 1:
                raise CannotGetOperationTypeError(None)


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry would log the document, which may hold secrets; `serving` logs bugs alone, without values."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[AgentVersion, Transfer],
    extensions=[OneOperation],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)

__all__ = ["schema", "words"]
