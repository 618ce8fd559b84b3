"""Publish an agent version into the inbound and outbound slots of numbers (R5)."""

import sqlalchemy as sa

from calling import validation
from calling.e164 import check_e164
from calling.refusals import number_not_found
from models import AgentVersion, ErrorCode, PhoneNumber, Refused, SlotDirection, now
from storage import WriteSession
from storage.session import count_rows_written

SLOTS = {
    SlotDirection.INBOUND: ("inbound",),
    SlotDirection.OUTBOUND: ("outbound",),
    SlotDirection.BOTH: ("inbound", "outbound"),
}

# In both lists together; limited because other writes wait for this one.
MAX_NUMBERS = 1000


async def publish_version(
    session: WriteSession, version: AgentVersion, assign: list[str], clear: list[str], direction: SlotDirection
) -> list[str]:
    """Publish the version, put it into the slots of `assign`, and remove its agent from the slots of `clear`.

    Of the numbers `clear`, slots that hold any version of the agent are emptied. The numbers need not be in E.164, and
    must be owned by the organization. Returns the ids of all, in their order. Raises Refused, and then nothing is
    written: LIMIT_EXCEEDED, INVALID_PHONE_NUMBER, PHONE_NUMBER_NOT_FOUND, INVALID_INPUT.
    """
    if (count := len(assign) + len(clear)) > MAX_NUMBERS:
        raise _too_many_numbers(count, "phoneNumbers" if assign else "unassignPhoneNumbers")
    assigned = await _load_own_numbers(session, version.organization_id, assign, "phoneNumbers")
    unassigned = await _load_own_numbers(session, version.organization_id, clear, "unassignPhoneNumbers")
    cleared = {number.id for number in unassigned}
    if both := next((number.e164 for number in assigned if number.id in cleared), None):
        raise validation.invalid_input(
            f"{both} is both in phoneNumbers and in unassignPhoneNumbers. Leave it in one of the two.",
            "unassignPhoneNumbers",
        )
    if version.published_at is None:
        await session.execute(
            sa.update(AgentVersion).where(AgentVersion.columns().id == version.id).values(published_at=now())
        )
    versions = set((await session.execute(AgentVersion.ids_of_agent(version.agent_id))).scalars())
    written = 0
    for slot in SLOTS[direction]:
        written += sum(_write_slot(number, slot, version.id) for number in assigned)
        holding = [number for number in unassigned if getattr(number, f"{slot}_agent_version_id") in versions]
        written += sum(_write_slot(number, slot, None) for number in holding)
    count_rows_written(session, written)
    return [number.id for number in (*assigned, *unassigned)]


def _too_many_numbers(count: int, field: str) -> Refused:
    return Refused(
        ErrorCode.LIMIT_EXCEEDED,
        f"{count:,} numbers are named, and one publishAgentVersion writes to at most {MAX_NUMBERS:,}, both lists taken"
        " together. Split the lists over several calls: publishing a published version again only writes slots.",
        field,
    )


def _write_slot(number: PhoneNumber, slot: str, version_id: str | None) -> bool:
    """Write a slot and the time of its assignment, unless it holds the version already. Returns whether it wrote."""
    if getattr(number, f"{slot}_agent_version_id") == version_id:
        return False
    setattr(number, f"{slot}_agent_version_id", version_id)
    setattr(number, f"{slot}_assigned_at", version_id and now())
    return True


async def _load_own_numbers(
    session: WriteSession, organization_id: str, numbers: list[str], argument: str
) -> list[PhoneNumber]:
    """Return the rows of the numbers in their order, each once. A borrowed number is not found (R6)."""
    positions = {
        check_e164(each, argument, str(position)): position for position, each in reversed(list(enumerate(numbers)))
    }
    rows = (await session.execute(PhoneNumber.owned_by_e164(organization_id, list(positions)))).scalars()
    found: dict[str, PhoneNumber] = {number.e164: number for number in rows}
    for number, position in sorted(positions.items(), key=lambda item: item[1]):
        if number not in found:
            raise number_not_found(number, argument, str(position))
    return [found[number] for number, _ in sorted(positions.items(), key=lambda item: item[1])]
