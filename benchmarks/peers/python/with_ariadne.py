"""Serve the same schema with Ariadne, as its documentation shows: schema text, resolvers by name, DataLoaders."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import store
import uvicorn
from ariadne import MutationType, ObjectType, QueryType, load_schema_from_path, make_executable_schema
from ariadne.asgi import GraphQL
from strawberry.dataloader import DataLoader

query, mutation = QueryType(), MutationType()
number, slot, version = ObjectType("PhoneNumber"), ObjectType("Slot"), ObjectType("AgentVersion")


def to_graphql(row: Any) -> dict[str, Any]:
    return {
        "row": row,
        "id": row.id,
        "e164": row.e164,
        "access": "OWNED" if row.owned else "SHARED",
        "shareable": bool(row.shareable),
        "outboundCapable": bool(row.outbound_capable),
        "inboundSlot": {"id": row.inbound_agent_version_id} if row.owned else None,
        "outboundSlot": {"id": row.outbound_agent_version_id} if row.owned else None,
    }


def to_resolution(agent_number: str, speaking: Any) -> dict[str, Any]:
    return {"agentNumber": agent_number, "decidedBy": "AGENT_NUMBER", "agentVersion": speaking}


@query.field("phoneNumbers")
async def phone_numbers(_: Any, info: Any, first: int) -> dict[str, Any]:
    rows = await store.page(info.context["for"], first)
    return {"nodes": [to_graphql(row) for row in rows[:first]], "pageInfo": {"hasNextPage": len(rows) > first}}


@query.field("phoneNumber")
async def phone_number(_: Any, info: Any, e164: str) -> dict[str, Any] | None:
    row = await store.number_of(info.context["for"], e164)
    return to_graphql(row) if row else None


@query.field("previewOutboundNumber")
async def preview_outbound_number(_: Any, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    number, version = await store.preview(info.context["for"], input["agentNumber"], input["agentVersionId"])
    return to_resolution(number.e164, version)


@mutation.field("createOutboundConversation")
async def create_outbound_conversation(_: Any, info: Any, input: dict[str, Any]) -> dict[str, Any]:
    made, speaking = await store.create(
        info.context["for"], input["agentNumber"], input["agentVersionId"], input.get("to")
    )
    conversation = {"status": made.status, "agentNumber": made.agent_number, "userNumber": made.user_number}
    return {"conversation": conversation, "resolution": to_resolution(made.agent_number, speaking)}


@number.field("organization")
async def organization(root: Any, info: Any) -> Any:
    return await info.context["organization"].load(root["row"].organization_id)


@number.field("trunk")
async def trunk(root: Any, info: Any) -> Any:
    return await info.context["trunk"].load(root["row"].trunk_id) if root["row"].owned else None


@slot.field("agentVersion")
async def agent_version(root: Any, info: Any) -> Any:
    return await info.context["agent_version"].load(root["id"]) if root["id"] else None


@version.field("agent")
async def agent(root: Any, info: Any) -> Any:
    return await info.context["agent"].load(root.agent_id)


TABLES = {
    "organization": store.Organization,
    "trunk": store.Trunk,
    "agent": store.Agent,
    "agent_version": store.AgentVersion,
}


async def context(request: Any, *_: Any) -> dict[str, Any]:
    loaders = {name: DataLoader(load_fn=partial(store.by_ids, table)) for name, table in TABLES.items()}
    return {"for": await store.sign_in(request.headers.get("authorization")), **loaders}


types = load_schema_from_path(str(Path(__file__).parent.parent / "schema.graphql"))
schema = make_executable_schema(types, query, mutation, number, slot, version)
app = GraphQL(schema, context_value=context, introspection=False)
if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="error", access_log=False)
