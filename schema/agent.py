"""Declare agents and the inputs and payloads of their mutations."""

from datetime import datetime

import strawberry

from schema.connection import connection
from schema.edges import edge
from schema.fields import column, optional
from schema.node import Node
from schema.user_error import UserError, user_errors


@strawberry.type(description="An agent: who speaks. What it says is in its versions.")
class Agent(Node):
    name: str = column("Its name.")
    active: bool = column("Whether it may speak at all.")
    created_at: datetime = column("When it was created.")
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="The owner."
    )
    published_version = edge(
        "newest_published_version",
        by="id",
        to="AgentVersion",
        description="The published version with the highest number: what agentId resolves to. Null: none is published.",
    )
    versions = connection("versions", to="AgentVersion", description="Its versions, newest first.")


@strawberry.input(description="An agent to create.")
class CreateAgentInput:
    organization_id: strawberry.ID | None = optional("The owner; the key's own organization where absent.")
    name: str = column("1 to 200 characters; need not be unique.")
    active: bool = column("Whether it may speak.", default=True)


@strawberry.type(description="What createAgent answers.")
class CreateAgentPayload:
    agent: Agent | None = column("The new agent, with no version yet; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="What to change of an agent; what is absent stays as it is.")
class UpdateAgentInput:
    agent_id: strawberry.ID = column("The agent.")
    name: str | None = optional("Another name.")
    active: bool | None = optional("Whether it may speak.")


@strawberry.type(description="What updateAgent answers.")
class UpdateAgentPayload:
    agent: Agent | None = column("The agent; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
