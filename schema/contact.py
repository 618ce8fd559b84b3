"""Declare the contacts of campaigns."""

from collections.abc import Callable
from datetime import datetime

import strawberry
from strawberry.types.field import StrawberryField

from calling import number_choice
from calling.campaign_standing import Standing
from calling.time_zones import TimeZoneOrigin, TimeZones
from execution.strategies import Batch
from models import ContactStatus, WaitReason
from models.campaign_rows import ContactRow
from resolvers import contact_standing, contacts
from resolvers.context import Context, Info
from schema.attempt import Attempt
from schema.edges import edge
from schema.fields import column, declare_field, field
from schema.node import Node
from schema.number_choice import NumberChoice
from schema.scalars import E164, JSON
from schema.user_error import UserError


def _of_time_zones(part: Callable[[TimeZones | None], object], to: object, description: str) -> StrawberryField:
    """Declare a part of the contact's time zones, which depend on its campaign's default, too."""

    async def load_all(context: Context, rows: list[ContactRow]) -> list[object]:
        return [part(each) for each in await contacts.load_time_zones(context, rows)]

    async def load(root: ContactRow, info: Info) -> object:
        return (await load_all(info.context, [root]))[0]

    return declare_field(load, to, description, (), {}, strategy=Batch(load_all))


def _of_standing(part: Callable[[Standing], object], to: object, description: str) -> StrawberryField:
    """Declare a part of how the contact stands, which depends on its campaign, too."""

    async def load_all(context: Context, rows: list[ContactRow]) -> list[object]:
        return [part(each) for each in await contact_standing.load_standings(context, rows)]

    async def load(root: ContactRow, info: Info) -> object:
        return (await load_all(info.context, [root]))[0]

    return declare_field(load, to, description, (), {}, strategy=Batch(load_all))


async def load_next_numbers(context: Context, rows: list[ContactRow]) -> list[number_choice.NumberChoice | None]:
    return await contact_standing.load_next_numbers(context, rows)


async def load_next_number(root: ContactRow, info: Info) -> number_choice.NumberChoice | None:
    return (await load_next_numbers(info.context, [root]))[0]


@strawberry.type(description="Somebody whom a campaign calls.")
class Contact(Node):
    campaign = edge("campaign", by="campaign_id", to="Campaign", required=True, description="The campaign.")
    e164: E164 = column("The number to call.")
    external_id: str | None = column("The id that its sender gave it: unique in the campaign.")
    variables: JSON = column("What is handed to the agent.")
    agent_number: E164 | None = column("The number to call from; null: the campaign's choice.")
    not_before: datetime | None = column("It is not called before.")
    status: ContactStatus = column("Where it stands.")
    time_zones = _of_time_zones(
        lambda zones: list(zones.names) if zones else [],
        list[str],
        "Where it may be, as IANA names: a call starts only at an hour that is open in all. Empty: nobody knows.",
    )
    time_zone_origin = _of_time_zones(
        lambda zones: zones.origin if zones else None,
        TimeZoneOrigin | None,
        "Where its time zones come from; null: nobody knows them.",
    )
    waits_for = _of_standing(
        lambda standing: standing.waits_for, WaitReason | None, "What it waits for; null unless it is PENDING."
    )
    waits_until = _of_standing(
        lambda standing: standing.waits_until, datetime | None, "Until when it waits; null where nobody can tell."
    )
    reason = _of_standing(lambda standing: standing.reason, str, "Where it stands, in a sentence.")
    refusal = field(contact_standing.refusal, UserError | None, "Why it may not be called; null unless REFUSED.")
    attempts = edge(
        "attempts", by="id", to=Attempt, many=True, required=True, description="The calls to it, the first first."
    )
    next_number = declare_field(
        load_next_number,
        NumberChoice | None,
        "From which number it would be called now, and why; null unless it is PENDING.",
        (),
        {},
        strategy=Batch(load_next_numbers),
    )
    created_at: datetime = column("When it was added.")
