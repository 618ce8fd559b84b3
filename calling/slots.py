"""The two slots of a number, written by publishing an agent version (R5)."""

from typing import Any

import sqlalchemy as sa

from calling import form
from calling.e164 import e164
from calling.weighing import number_not_found
from models import AgentVersion, PhoneNumber, SlotDirection, WriteSession, now

SLOTS = {
    SlotDirection.INBOUND: ("inbound",),
    SlotDirection.OUTBOUND: ("outbound",),
    SlotDirection.BOTH: ("inbound", "outbound"),
}


async def publish(
    session: WriteSession, version: Any, assign: list[str], clear: list[str], direction: SlotDirection
) -> list[str]:
    """Publish the version, put it on the numbers of `assign`, clear its agent from those of `clear`.

    Returns the ids of all numbers named, in their order. All or nothing; each number must be the organization's own.
    """
    put = await _own_numbers(session, version.organization_id, assign, "phoneNumbers")
    take = await _own_numbers(session, version.organization_id, clear, "unassignPhoneNumbers")
    if both := [number.e164 for number in put if number in take]:
        raise form.invalid(
            f"{both[0]} is both in phoneNumbers and in unassignPhoneNumbers. Leave it in one of the two.",
            "unassignPhoneNumbers",
        )
    if version.published_at is None:
        await session.execute(
            sa.update(AgentVersion).where(AgentVersion.columns().id == version.id).values(published_at=now())
        )
    versions = set((await session.execute(AgentVersion.of_agent(version.agent_id))).scalars())
    for slot in SLOTS[direction]:
        for number in put:
            _write(number, slot, version.id)
        for number in take:
            if getattr(number, f"{slot}_agent_version_id") in versions:
                _write(number, slot, None)
    return [number.id for number in (*put, *take)]


def _write(number: PhoneNumber, slot: str, version_id: str | None) -> None:
    """Writing what the slot already holds changes nothing, the time of assignment included."""
    if getattr(number, f"{slot}_agent_version_id") == version_id:
        return
    setattr(number, f"{slot}_agent_version_id", version_id)
    setattr(number, f"{slot}_assigned_at", version_id and now())


async def _own_numbers(
    session: WriteSession, organization_id: str, typed: list[str], argument: str
) -> list[PhoneNumber]:
    """The numbers in the order typed, each once. A borrowed number is not assignable: it is not found (R6)."""
    wanted = {e164(each, argument, str(place)): place for place, each in reversed(list(enumerate(typed)))}
    rows = (await session.execute(PhoneNumber.own(organization_id, list(wanted)))).scalars()
    found: dict[str, PhoneNumber] = {number.e164: number for number in rows}
    for number, place in sorted(wanted.items(), key=lambda item: item[1]):
        if number not in found:
            raise number_not_found(number, argument, str(place))
    return [found[number] for number, _ in sorted(wanted.items(), key=lambda item: item[1])]
