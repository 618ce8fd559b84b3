"""Build the GraphQL schema from its types. Declarations only; logic is in `resolvers/`."""

from graphql import GraphQLObjectType
from strawberry.schema.config import StrawberryConfig

from execution.document_limits import DocumentLimits
from execution.schema import CachingNameConverter, Schema
from resolvers.keyset_pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from schema import enums
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
    limits=DocumentLimits(default_page_size=DEFAULT_PAGE_SIZE, max_page_size=MAX_PAGE_SIZE),
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True, name_converter=CachingNameConverter()),
)

# Rows are not instances of these classes; a row's type follows from its id.
for graphql_type in schema.graphql.type_map.values():
    if isinstance(graphql_type, GraphQLObjectType):
        graphql_type.is_type_of = None

__all__ = ["enums", "schema"]
