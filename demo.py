"""The demo tree: every situation of the reference page, in four organizations. Nothing else uses it."""

import sqlalchemy as sa

from calling.slots import publish
from models import Agent, AgentVersion, MediaEncryption, Organization, SipTransport, SlotDirection, Trunk, WriteSession
from models.sealed import Seal
from resolvers.api_keys import issue_admin_key
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from resolvers.phone_numbers import add_number
from resolvers.trunks import Outbound, configure_outbound

SANDBOX = "127.0.0.1:5070"


async def plant(session: WriteSession, seal: Seal, carrier: str = SANDBOX) -> dict[str, str] | None:
    """The admin keys by organization; None, and nothing done, where the database is not empty.

    Trunks that dial out call the carrier at this address.
    """
    if await session.scalar(sa.select(Organization.columns().id).limit(1)):
        return None
    northwind = await add_organization(session, "Northwind", "northwind", parent_id=None)
    clinics = await add_organization(session, "Harbor Clinics", "harbor-clinics", northwind.id)
    dental = await add_organization(session, "Harbor Dental", "harbor-dental", clinics.id)
    contoso = await add_organization(session, "Contoso", "contoso", parent_id=None)
    outbound = Outbound(address=carrier, transport=SipTransport.UDP, media_encryption=MediaEncryption.NONE)
    await _northwind(session, seal, northwind.id, outbound)
    await _harbor_clinics(session, seal, clinics.id, outbound)
    await _harbor_dental(session, dental.id)
    await _contoso(session, seal, contoso.id, outbound)
    everybody = (northwind, clinics, dental, contoso)
    return {organization.name: issue_admin_key(session, organization.id) for organization in everybody}


async def _northwind(session: WriteSession, seal: Seal, owner: str, outbound: Outbound) -> None:
    """The reseller: a shared number, one that is not, and a managed Twilio trunk."""
    carrier = await _trunk(session, seal, owner, "Northwind carrier", outbound)
    await add_number(session, carrier, "+15551234567", shareable=True)
    await add_number(session, carrier, "+15551234568")
    await add_managed_trunk(session, owner, "Managed Twilio", "northwind.pstn.twilio.com", ["+15551234569"])
    await _publish(session, await _agent(session, owner, "Concierge"), ["+15551234567"], SlotDirection.BOTH)


async def _harbor_clinics(session: WriteSession, seal: Seal, owner: str, outbound: Outbound) -> None:
    """A client: bound and unbound numbers, one that cannot dial, and one whose agent has moved on (drift)."""
    carrier = await _trunk(session, seal, owner, "Harbor carrier", outbound)
    inbound_only = await _trunk(session, seal, owner, "Inbound only", None)
    for number in ("+12065550100", "+12065550101", "+12065550102"):
        await add_number(session, carrier, number)
    await add_number(session, inbound_only, "+12065550103")
    await add_number(session, carrier, "+12065550104", shareable=True)
    await _publish(session, await _agent(session, owner, "Front desk"), ["+12065550101"], SlotDirection.BOTH)
    reminders = await _agent(session, owner, "Reminders")
    await _publish(session, reminders, ["+12065550102"], SlotDirection.OUTBOUND)
    await _publish(session, reminders, [], SlotDirection.OUTBOUND)


async def _harbor_dental(session: WriteSession, owner: str) -> None:
    """A branch that borrows: an agent of its own, and no number."""
    await _publish(session, await _agent(session, owner, "Recall"), [], SlotDirection.OUTBOUND)


async def _contoso(session: WriteSession, seal: Seal, owner: str, outbound: Outbound) -> None:
    """A stranger: shares a number, which nobody here can borrow."""
    carrier = await _trunk(session, seal, owner, "Contoso carrier", outbound)
    await add_number(session, carrier, "+442079460123", shareable=True)
    await _publish(session, await _agent(session, owner, "Sales"), ["+442079460123"], SlotDirection.BOTH)


async def _trunk(session: WriteSession, seal: Seal, owner: str, name: str, outbound: Outbound | None) -> Trunk:
    trunk = Trunk(organization_id=owner, name=name)
    configure_outbound(trunk, outbound, seal)
    session.add(trunk)
    await session.flush()
    return trunk


async def _agent(session: WriteSession, owner: str, name: str) -> Agent:
    agent = Agent(organization_id=owner, name=name)
    session.add(agent)
    await session.flush()
    return agent


async def _publish(session: WriteSession, agent: Agent, numbers: list[str], direction: SlotDirection) -> None:
    """The agent's next version, published to these numbers."""
    version = AgentVersion(
        organization_id=agent.organization_id,
        agent_id=agent.id,
        number=int(await session.scalar(AgentVersion.next_number(agent.id)) or 1),
        config={"instructions": f"You are {agent.name}. Be brief and kind."},
    )
    session.add(version)
    await session.flush()
    await publish(session, version, numbers, [], direction)
    await session.flush()


def described(keys: dict[str, str], address: str) -> str:
    """What to try first, to be pasted."""
    harbor = keys["Harbor Clinics"]
    query = '{"query": "{ phoneNumbers { nodes { e164 access shareable outboundCapable } } }"}'
    lines = [
        "The demo tree is planted. These admin keys are shown this once:",
        *(f"  {name:<15} {key}" for name, key in keys.items()),
        "Sign in to the console with one of them, or paste this first query into a shell:",
        f"  curl -s {address} -H 'Authorization: Bearer {harbor}' \\",
        f"    -H 'Content-Type: application/json' -d '{query}'",
    ]
    return "\n".join(lines)


def kept(database: str) -> str:
    return (
        f"{database} holds data already, and keeps it. Its keys were shown when they were made and cannot be shown"
        " again: create another with createApiKey, or start anew with another database."
    )
