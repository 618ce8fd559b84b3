"""Share models, sign-in and queries between the Python peers."""

import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select

STATEMENTS = Path(__file__).parent.parent / "sql"


class Organization(SQLModel, table=True):
    id: str = Field(primary_key=True)
    name: str


class Trunk(SQLModel, table=True):
    id: str = Field(primary_key=True)
    name: str


class Agent(SQLModel, table=True):
    id: str = Field(primary_key=True)
    name: str


class AgentVersion(SQLModel, table=True):
    __tablename__ = "agent_version"
    id: str = Field(primary_key=True)
    organization_id: str
    agent_id: str
    number: int
    published_at: str | None = None


class ApiKey(SQLModel, table=True):
    __tablename__ = "api_key"
    id: str = Field(primary_key=True)
    organization_id: str
    secret_hash: bytes
    revoked_at: str | None = None


class Conversation(SQLModel, table=True):
    id: str = Field(primary_key=True)
    organization_id: str
    direction: str = "OUTBOUND"
    status: str = "QUEUED"
    agent_number: str
    user_number: str | None = None
    phone_number_id: str | None = None
    agent_version_id: str | None = None
    created_at: str


PAGE, NUMBER = (sa.text((STATEMENTS / name).read_text()) for name in ("page.sql", "number.sql"))
engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['DATABASE']}", pool_size=16)
Session = async_sessionmaker(engine, expire_on_commit=False)


@sa.event.listens_for(engine.sync_engine, "connect")
def set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=wal", "synchronous=2", "foreign_keys=1", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


async def sign_in(header: str | None) -> str:
    """Return the organization of the key."""
    token = (header or "").removeprefix("Bearer ")
    async with Session() as session:
        key = await session.get(ApiKey, f"key_{token[3:29]}")
    if not key or key.revoked_at or not hmac.compare_digest(key.secret_hash, hashlib.sha256(token.encode()).digest()):
        raise PermissionError
    return key.organization_id


async def by_ids(table: Any, ids: list[str]) -> list[Any]:
    async with Session() as session:
        rows = {row.id: row for row in (await session.execute(select(table).where(table.id.in_(ids)))).scalars()}
    return [rows.get(each) for each in ids]


async def page(organization: str, first: int) -> list[Any]:
    async with Session() as session:
        return list((await session.execute(PAGE, {"organization": organization, "first": first})).all())


async def number_of(organization: str, e164: str) -> Any:
    async with Session() as session:
        return (await session.execute(NUMBER, {"organization": organization, "e164": e164})).first()


async def choose_number(
    session: Any, organization: str, agent_number: str, agent_version_id: str
) -> tuple[Any, AgentVersion]:
    number = (await session.execute(NUMBER, {"organization": organization, "e164": agent_number})).first()
    version = await session.get(AgentVersion, agent_version_id)
    speaks = version and version.published_at and version.organization_id == organization
    if number is None or not number.outbound_capable or not speaks:
        raise LookupError("Not from this number, or not with this version.")
    return number, version


async def preview(organization: str, agent_number: str, agent_version_id: str) -> tuple[Any, AgentVersion]:
    async with Session() as session:
        return await choose_number(session, organization, agent_number, agent_version_id)


async def create(
    organization: str, agent_number: str, agent_version_id: str, to: str | None
) -> tuple[Conversation, AgentVersion]:
    async with Session() as session:
        number, version = await choose_number(session, organization, agent_number, agent_version_id)
        conversation = Conversation(
            id=f"cnv_{secrets.token_hex(13)}",
            organization_id=organization,
            agent_number=number.e164,
            user_number=to,
            phone_number_id=number.id,
            agent_version_id=version.id,
            created_at=datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
        )
        session.add(conversation)
        await session.commit()
        return conversation, version
