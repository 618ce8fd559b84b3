"""Create the campaign of the demo tree: paused, with contacts in four time zones, and nobody called yet."""

from typing import Any

from calling.campaign import build_campaign
from calling.campaign_life import pause_campaign, start_campaign
from calling.campaign_pool import replace_pool
from calling.contact_input import check_contact
from calling.contacts import add_contacts
from calling.suppression import suppress
from models import Agent, now
from storage import WriteSession

# By area code, each in a time zone of its own: New York, Chicago, Denver, San Francisco. The sandbox carrier answers
# by the last four digits.
CONTACTS_BY_AREA = {"212": 10, "312": 10, "303": 10, "415": 9}
# Nobody knows where 555 is.
WITHOUT_TIME_ZONE = "+15555550100"
SUPPRESSED = ["+12125550109", "+13125550109", "+13035550109"]
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hal", "Ida", "Jon")


async def create_demo_campaign(session: WriteSession, agent: Agent, pool: list[str]) -> None:
    """Create a campaign whose agent speaks and whose pool has these numbers; start it, and pause it before it calls."""
    sent: dict[str, Any] = {
        "name": "Check-up reminders",
        "agent_id": agent.id,
        "initial_context": "Remind them of their yearly check-up, and offer three appointments.",
        "max_concurrent_calls": 5,
        "pool": [{"e164": e164, "calls_per_day": 100} for e164 in pool],
    }
    campaign = await build_campaign(session, agent.organization_id, sent)
    session.add(campaign)
    await session.flush()
    await replace_pool(session, campaign, sent["pool"])
    checked = [check_contact(each, frozenset()) for each in _contacts()]
    await add_contacts(session, campaign, checked, refuses_duplicates=True, max_contacts=0, at=now())
    await _suppress_some(session, agent.organization_id)
    start_campaign(campaign)
    await pause_campaign(session, campaign)


def _contacts() -> list[dict[str, Any]]:
    """Return what would be sent to addContacts."""
    numbers = [f"+1{area}555010{line}" for area, count in CONTACTS_BY_AREA.items() for line in range(count)]
    return [
        {"e164": e164, "external_id": f"patient-{place}", "variables": {"first name": NAMES[place % len(NAMES)]}}
        for place, e164 in enumerate([*numbers, WITHOUT_TIME_ZONE], start=1)
    ]


async def _suppress_some(session: WriteSession, organization_id: str) -> None:
    """Suppress numbers that are contacts already, which refuses those."""
    source = "Asked not to be called"
    await suppress(session, organization_id, SUPPRESSED, until=None, source=source, at=now(), max_entries=0)
