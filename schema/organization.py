"""Declare organizations: parent, ancestors, children, numbers."""

from datetime import datetime

import strawberry

from resolvers import organizations
from schema.connection import connection
from schema.edges import edge
from schema.fields import column, field, optional
from schema.node import Node
from schema.user_error import UserError, user_errors


@strawberry.type(description="An organization: the account that owns trunks, numbers, agents, conversations and keys.")
class Organization(Node):
    name: str = column("Its name; need not be unique.")
    slug: str = column("Its short name, unique in the installation.")
    created_at: datetime = column("When it was created.")
    parent = edge(
        "organization", by="parent_id", to="Organization", description="The organization above; null for a root."
    )
    ancestors = edge(
        "ancestors",
        by="id",
        to="Organization",
        many=True,
        required=True,
        description="Every organization above, nearest first.",
    )
    children = connection(
        "children",
        to="Organization",
        description="The organizations directly below, newest first. Empty for a key that may not act for them.",
    )
    phone_numbers = connection(
        "phone_numbers",
        to="PhoneNumber",
        description="The numbers it owns, as it sees them, by E.164. Empty for a key that may not act for it.",
        required=False,
    )
    call_budget = field(
        organizations.call_budget,
        int | None,
        "The most calls of it and of all below at once, set by one above it; null: none of its own.",
        read_columns=("id",),
    )
    call_budget_used = field(
        organizations.call_budget_used,
        int,
        "The outbound calls that it and all below have now; 0 for a key that may not act for it.",
        read_columns=("id",),
    )


@strawberry.input(description="An organization to create.")
class CreateOrganizationInput:
    parent_id: strawberry.ID | None = optional("The organization above; the key's own where absent.")
    name: str = column("1 to 200 characters; need not be unique.")
    slug: str = column("Lower-case letters, digits and single dashes, at most 63; unique in the installation.")


@strawberry.type(description="What createOrganization answers.")
class CreateOrganizationPayload:
    organization: Organization | None = column("The new organization; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="How many calls an organization below may have at once.")
class SetCallBudgetInput:
    organization_id: strawberry.ID = column("An organization below the key's own.")
    max_concurrent_calls: int | None = optional(
        "The most calls of it and of all below at once: 1 to 10000; null or absent: any number."
    )


@strawberry.type(description="What setCallBudget answers.")
class SetCallBudgetPayload:
    organization: Organization | None = column("The organization; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
