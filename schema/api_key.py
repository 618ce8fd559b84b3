"""Declare API keys, the viewer, and creating and revoking keys."""

from datetime import datetime

import strawberry

from models import Scope
from schema.edges import edge
from schema.fields import column, optional
from schema.node import Node
from schema.user_error import UserError, user_errors


@strawberry.type(description="An API key: what it may do, never its secret.")
class ApiKey(Node):
    name: str = column("What it is for.")
    scopes: list[Scope] = column("What it may do.")
    created_at: datetime = column("When it was created.")
    expires_at: datetime | None = column("When it stops working; null: never.")
    last_used_at: datetime | None = column("When it was last used, to the minute; null: never.")
    revoked_at: datetime | None = column("When it was revoked; null: it was not.")
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="Whose key it is."
    )


@strawberry.type(description="Who is asking.")
class Viewer:
    scopes: list[Scope] = column("What the key may do.")
    organization = edge(
        "organization",
        by="organization_id",
        to="Organization",
        required=True,
        description="The key's own organization.",
    )
    api_key: ApiKey = column("The key itself.")


@strawberry.input(description="A key to create.")
class CreateApiKeyInput:
    organization_id: strawberry.ID | None = optional(
        "Whose key it is to be; the caller's own organization where absent."
    )
    name: str = column("What it is for: 1 to 200 characters.")
    scopes: list[Scope] = column("What it may do: only scopes that the caller's own key holds.")
    expires_at: datetime | None = optional(
        "When it is to stop working; never where absent. Not after the caller's own key does."
    )


@strawberry.type(description="What createApiKey answers.")
class CreateApiKeyPayload:
    api_key: ApiKey | None = column("The new key; null where refused.", default=None)
    secret: str | None = column(
        "The whole ak_<id>.<secret> for the Authorization header. Shown this once: keep it.", default=None
    )
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A key to revoke.")
class RevokeApiKeyInput:
    api_key_id: strawberry.ID = column("The key.")


@strawberry.type(description="What revokeApiKey answers.")
class RevokeApiKeyPayload:
    api_key: ApiKey | None = column("The revoked key; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
