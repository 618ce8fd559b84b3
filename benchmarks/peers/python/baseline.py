"""Answer the measured operations with hand-written Starlette routes and SQL: what no GraphQL server can do with less.

It parses no document: the operation's name selects the statement, which sqlite3 runs in the event loop's thread.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATEMENTS = Path(__file__).parent.parent / "sql"
PAGE, NUMBER, PLAIN, INSERT = (
    (STATEMENTS / f"{name}.sql").read_text() for name in ("page_joined", "number_joined", "number", "conversation")
)
KEY = "SELECT organization_id, secret_hash FROM api_key WHERE id = ? AND revoked_at IS NULL"
VERSION = "SELECT id FROM agent_version WHERE id = ? AND organization_id = ? AND published_at IS NOT NULL"

database = sqlite3.connect(os.environ["DATABASE"], isolation_level=None, cached_statements=64)
for pragma in ("journal_mode=wal", "synchronous=2", "foreign_keys=1", "busy_timeout=10000"):
    database.execute(f"PRAGMA {pragma}")


def sign_in(request: Request) -> str:
    token = request.headers["authorization"].removeprefix("Bearer ")
    organization, secret_hash = database.execute(KEY, (f"key_{token[3:29]}",)).fetchone()
    if not hmac.compare_digest(secret_hash, hashlib.sha256(token.encode()).digest()):
        raise PermissionError
    return str(organization)


def slot(identifier: str | None, number: int, agent_id: str, name: str) -> dict[str, Any]:
    if identifier is None:
        return {"agentVersion": None}
    return {"agentVersion": {"id": identifier, "number": number, "agent": {"id": agent_id, "name": name}}}


def to_graphql(row: tuple[Any, ...]) -> dict[str, Any]:
    identifier, e164, shareable, owned, capable, owner, owner_name, trunk_id, trunk_name, *held = row
    return {
        "id": identifier,
        "e164": e164,
        "access": "OWNED" if owned else "SHARED",
        "shareable": shareable == 1,
        "outboundCapable": capable == 1,
        "organization": {"id": owner, "name": owner_name},
        "trunk": {"id": trunk_id, "name": trunk_name} if owned else None,
        "inboundSlot": slot(*held[:4]) if owned else None,
        "outboundSlot": slot(*held[4:]) if owned else None,
    }


def page(organization: str, variables: dict[str, Any]) -> dict[str, Any]:
    first = variables["first"]
    rows = database.execute(PAGE, {"organization": organization, "first": first}).fetchall()
    nodes = [to_graphql(row) for row in rows[:first]]
    return {"phoneNumbers": {"nodes": nodes, "pageInfo": {"hasNextPage": len(rows) > first}}}


def number(organization: str, variables: dict[str, Any]) -> dict[str, Any]:
    row = database.execute(NUMBER, {"organization": organization, "e164": variables["e164"]}).fetchone()
    return {"phoneNumber": to_graphql(row) if row else None}


def choose_number(organization: str, sent: dict[str, Any]) -> tuple[str, str]:
    cursor = database.execute(PLAIN, {"organization": organization, "e164": sent["number"]})
    found = dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))
    if not database.execute(VERSION, (sent["version"], organization)).fetchone() or not found["outbound_capable"]:
        raise LookupError
    return found["id"], found["e164"]


def preview(organization: str, variables: dict[str, Any]) -> dict[str, Any]:
    _, e164 = choose_number(organization, variables)
    return {"previewOutboundNumber": {"agentNumber": e164, "decidedBy": "AGENT_NUMBER"}}


def create(organization: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Insert the row without looking anything up."""
    sent = variables
    row = {
        "id": f"cnv_{secrets.token_hex(13)}",
        "organization": organization,
        "agent_number": sent["number"],
        "user_number": sent["to"],
        "phone_number_id": None,
        "agent_version_id": sent["version"],
        "now": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    database.execute("BEGIN IMMEDIATE")
    database.execute(INSERT, row)
    database.execute("COMMIT")
    made = {"status": "QUEUED", "agentNumber": sent["number"], "userNumber": sent["to"]}
    resolution = {"agentNumber": sent["number"], "decidedBy": "AGENT_NUMBER"}
    return {"createOutboundConversation": {"conversation": made, "resolution": resolution}}


ANSWERS = {"Page": page, "Number": number, "Preview": preview, "Create": create}


async def answer(request: Request) -> Response:
    sent = orjson.loads(await request.body())
    found = ANSWERS[sent["operationName"]](sign_in(request), sent["variables"])
    return Response(orjson.dumps({"data": found}), media_type="application/json")


app = Starlette(routes=[Route("/graphql", answer, methods=["POST"])])
if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), log_level="error", access_log=False)
