"""Serve the same schema with Strawberry, as its documentation shows: DataLoaders, and its own ASGI view."""

import os
from functools import partial
from typing import Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

import store

Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class Organization:
    id: strawberry.ID
    name: str


@strawberry.type
class Trunk:
    id: strawberry.ID
    name: str


@strawberry.type
class Agent:
    id: strawberry.ID
    name: str


@strawberry.type
class AgentVersion:
    id: strawberry.ID
    number: int
    agent_id: strawberry.Private[str]

    @strawberry.field
    async def agent(self, info: Info) -> Agent:
        return await info.context["agent"].load(self.agent_id)


@strawberry.type
class Slot:
    version_id: strawberry.Private[str | None]

    @strawberry.field
    async def agent_version(self, info: Info) -> AgentVersion | None:
        return await info.context["version"].load(self.version_id) if self.version_id else None


@strawberry.type
class PhoneNumber:
    row: strawberry.Private[Any]
    id: strawberry.ID
    e164: str
    access: str
    shareable: bool
    outbound_capable: bool
    inbound_slot: Slot | None
    outbound_slot: Slot | None

    @strawberry.field
    async def organization(self, info: Info) -> Organization:
        return await info.context["organization"].load(self.row.organization_id)

    @strawberry.field
    async def trunk(self, info: Info) -> Trunk | None:
        return await info.context["trunk"].load(self.row.trunk_id) if self.row.owned else None


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class PhoneNumberConnection:
    nodes: list[PhoneNumber]
    page_info: PageInfo


@strawberry.type
class OutboundNumberResolution:
    agent_number: str | None
    decided_by: str | None
    agent_version: AgentVersion | None


@strawberry.type
class Conversation:
    status: str
    agent_number: str
    user_number: str | None


@strawberry.type
class CreateOutboundConversationPayload:
    conversation: Conversation | None
    resolution: OutboundNumberResolution


@strawberry.input
class OutboundInput:
    agent_number: str
    agent_version_id: strawberry.ID
    to: str | None = None


def to_graphql(row: Any) -> PhoneNumber:
    return PhoneNumber(
        row=row,
        id=row.id,
        e164=row.e164,
        access="OWNED" if row.owned else "SHARED",
        shareable=bool(row.shareable),
        outbound_capable=bool(row.outbound_capable),
        inbound_slot=Slot(version_id=row.inbound_agent_version_id) if row.owned else None,
        outbound_slot=Slot(version_id=row.outbound_agent_version_id) if row.owned else None,
    )


def to_resolution(agent_number: str, version: Any) -> OutboundNumberResolution:
    speaking = AgentVersion(id=version.id, number=version.number, agent_id=version.agent_id)
    return OutboundNumberResolution(agent_number=agent_number, decided_by="AGENT_NUMBER", agent_version=speaking)


@strawberry.type
class Query:
    @strawberry.field
    async def phone_numbers(self, info: Info, first: int) -> PhoneNumberConnection:
        rows = await store.page(info.context["for"], first)
        nodes = [to_graphql(row) for row in rows[:first]]
        return PhoneNumberConnection(nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first))

    @strawberry.field
    async def phone_number(self, info: Info, e164: str) -> PhoneNumber | None:
        row = await store.number_of(info.context["for"], e164)
        return to_graphql(row) if row else None

    @strawberry.field
    async def preview_outbound_number(self, info: Info, input: OutboundInput) -> OutboundNumberResolution:
        number, version = await store.preview(info.context["for"], input.agent_number, input.agent_version_id)
        return to_resolution(number.e164, version)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_outbound_conversation(self, info: Info, input: OutboundInput) -> CreateOutboundConversationPayload:
        made, version = await store.create(info.context["for"], input.agent_number, input.agent_version_id, input.to)
        conversation = Conversation(status=made.status, agent_number=made.agent_number, user_number=made.user_number)
        return CreateOutboundConversationPayload(
            conversation=conversation, resolution=to_resolution(made.agent_number, version)
        )


async def versions(ids: list[str]) -> list[Any]:
    rows = await store.by_ids(store.AgentVersion, ids)
    return [row and AgentVersion(id=row.id, number=row.number, agent_id=row.agent_id) for row in rows]


TABLES = {"organization": store.Organization, "trunk": store.Trunk, "agent": store.Agent}


class View(GraphQL):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        loaders = {name: DataLoader(load_fn=partial(store.by_ids, table)) for name, table in TABLES.items()}
        signed_in = await store.sign_in(request.headers.get("authorization"))
        return {"for": signed_in, "version": DataLoader(load_fn=versions), **loaders}


app = Starlette(routes=[Route("/graphql", View(strawberry.Schema(Query, Mutation), graphql_ide=None))])
if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="error", access_log=False)
