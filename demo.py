"""Create the demo tree: four organizations that show every state of a number, a slot and a trunk, and a campaign."""

import sqlalchemy as sa

from calling.slots import publish_version
from demo_campaign import create_demo_campaign
from models import Agent, AgentVersion, MediaEncryption, Organization, SipTransport, SlotDirection, Trunk
from models.encryption import SecretBox
from resolvers.api_keys import issue_admin_key
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from resolvers.phone_numbers import add_number
from resolvers.trunks import OutboundInput, configure_outbound
from storage import WriteSession

DEFAULT_SANDBOX_CARRIER = "127.0.0.1:5070"


async def create_demo_tree(
    session: WriteSession, secret_box: SecretBox, carrier: str = DEFAULT_SANDBOX_CARRIER
) -> dict[str, str] | None:
    """Create the organizations and return their admin keys by name; None if the database is not empty.

    `carrier`: the SIP address that outbound trunks call.
    """
    if await session.scalar(sa.select(Organization.columns().id).limit(1)):
        return None
    northwind = await add_organization(session, "Northwind", "northwind", parent_id=None)
    clinics = await add_organization(session, "Harbor Clinics", "harbor-clinics", northwind.id)
    dental = await add_organization(session, "Harbor Dental", "harbor-dental", clinics.id)
    contoso = await add_organization(session, "Contoso", "contoso", parent_id=None)
    outbound = OutboundInput(address=carrier, transport=SipTransport.UDP, media_encryption=MediaEncryption.NONE)
    await _create_northwind(session, secret_box, northwind.id, outbound)
    await _create_harbor_clinics(session, secret_box, clinics.id, outbound)
    await _create_harbor_dental(session, dental.id)
    await _create_contoso(session, secret_box, contoso.id, outbound)
    organizations = (northwind, clinics, dental, contoso)
    return {organization.name: issue_admin_key(session, organization.id) for organization in organizations}


async def _create_northwind(session: WriteSession, secret_box: SecretBox, owner: str, outbound: OutboundInput) -> None:
    """Fill the reseller: a shared number, one that is not shared, and a managed Twilio trunk."""
    carrier = await _create_trunk(session, secret_box, owner, "Northwind carrier", outbound)
    await add_number(session, carrier, "+15551234567", shareable=True)
    await add_number(session, carrier, "+15551234568")
    await add_managed_trunk(session, owner, "Managed Twilio", "northwind.pstn.twilio.com", ["+15551234569"])
    await _publish_next_version(
        session, await _create_agent(session, owner, "Concierge"), ["+15551234567"], SlotDirection.BOTH
    )


async def _create_harbor_clinics(
    session: WriteSession, secret_box: SecretBox, owner: str, outbound: OutboundInput
) -> None:
    """Fill a client: bound and unbound numbers, one that cannot dial, one whose slot has drifted, and a campaign."""
    carrier = await _create_trunk(session, secret_box, owner, "Harbor carrier", outbound)
    inbound_only = await _create_trunk(session, secret_box, owner, "Inbound only", None)
    for number in ("+12065550100", "+12065550101", "+12065550102"):
        await add_number(session, carrier, number)
    await add_number(session, inbound_only, "+12065550103")
    await add_number(session, carrier, "+12065550104", shareable=True)
    front_desk = await _create_agent(session, owner, "Front desk")
    await _publish_next_version(session, front_desk, ["+12065550101"], SlotDirection.BOTH)
    reminders = await _create_agent(session, owner, "Reminders")
    await _publish_next_version(session, reminders, ["+12065550102"], SlotDirection.OUTBOUND)
    await _publish_next_version(session, reminders, [], SlotDirection.OUTBOUND)
    await create_demo_campaign(session, front_desk, ["+12065550100", "+15551234567"])


async def _create_harbor_dental(session: WriteSession, owner: str) -> None:
    """Fill a branch that borrows: an agent, and no number."""
    await _publish_next_version(session, await _create_agent(session, owner, "Recall"), [], SlotDirection.OUTBOUND)


async def _create_contoso(session: WriteSession, secret_box: SecretBox, owner: str, outbound: OutboundInput) -> None:
    """Fill an unrelated organization: it shares a number that none of the others can borrow."""
    carrier = await _create_trunk(session, secret_box, owner, "Contoso carrier", outbound)
    await add_number(session, carrier, "+442079460123", shareable=True)
    await _publish_next_version(
        session, await _create_agent(session, owner, "Sales"), ["+442079460123"], SlotDirection.BOTH
    )


async def _create_trunk(
    session: WriteSession, secret_box: SecretBox, owner: str, name: str, outbound: OutboundInput | None
) -> Trunk:
    trunk = Trunk(organization_id=owner, name=name)
    configure_outbound(trunk, outbound, secret_box)
    session.add(trunk)
    await session.flush()
    return trunk


async def _create_agent(session: WriteSession, owner: str, name: str) -> Agent:
    agent = Agent(organization_id=owner, name=name)
    session.add(agent)
    await session.flush()
    return agent


async def _publish_next_version(
    session: WriteSession, agent: Agent, numbers: list[str], direction: SlotDirection
) -> None:
    """Create the agent's next version, and publish it to these numbers."""
    version = AgentVersion(
        organization_id=agent.organization_id,
        agent_id=agent.id,
        number=int(await session.scalar(AgentVersion.next_number(agent.id)) or 1),
        config={"instructions": f"You are {agent.name}. Be brief and kind."},
    )
    session.add(version)
    await session.flush()
    await publish_version(session, version, numbers, [], direction)
    await session.flush()


def describe_keys(keys: dict[str, str], address: str) -> str:
    """Describe the keys, with a first query to paste into a shell."""
    harbor = keys["Harbor Clinics"]
    query = '{"query": "{ phoneNumbers { nodes { e164 access shareable outboundCapable } } }"}'
    lines = [
        "The demo tree is created. These admin keys are shown this once:",
        *(f"  {name:<15} {key}" for name, key in keys.items()),
        "Sign in to the console with one of them, or paste this first query into a shell:",
        f"  curl -s {address} -H 'Authorization: Bearer {harbor}' \\",
        f"    -H 'Content-Type: application/json' -d '{query}'",
    ]
    return "\n".join(lines)


def describe_existing_data(database: str) -> str:
    return (
        f"{database} holds data already, which is unchanged. Its keys were shown once and cannot be shown again."
        " To create another: .venv/bin/python server.py create-key northwind, or the slug of another organization."
    )
