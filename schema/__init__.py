"""What the API says: its types, words, scopes and resolvers, one file an object. Declarations, no logic."""

from graphql import GraphQLObjectType
from strawberry.schema.config import StrawberryConfig

from execution.bounds import Bounds
from execution.schema import Names, Schema
from resolvers.paging import LARGEST_PAGE, PAGE
from schema import words
from schema.agent_version import AgentVersion
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription
from schema.transfer import Transfer

schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[AgentVersion, Transfer],
    bounds=Bounds(page=PAGE, largest_page=LARGEST_PAGE),
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, name_converter=Names()),
)

# Rows are no instances of these classes: an id says which type it is of, and nothing else needs asking.
for kind in schema.graphql.type_map.values():
    if isinstance(kind, GraphQLObjectType):
        kind.is_type_of = None

__all__ = ["schema", "words"]
