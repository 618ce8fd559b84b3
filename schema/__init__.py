"""What the API says: its types, words, scopes and resolvers, one file an object. Declarations, no logic."""

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema import words
from schema.agent_version import AgentVersion
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.transfer import Transfer


class Schema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry would log the document, which may hold secrets; `serving` logs bugs alone, without values."""


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[AgentVersion, Transfer],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)

__all__ = ["schema", "words"]
