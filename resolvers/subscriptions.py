"""The three subscriptions: what a query would answer, again after each change."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from models.change import ChangeKind
from resolvers.context import Info
from resolvers.conversations import conversation
from resolvers.lists import acting_for_list
from resolvers.problem import Problem


@dataclass(frozen=True)
class PhoneNumberChange:
    """`phone_number` None: deleted, or no longer visible."""

    phone_number_id: str
    phone_number: Any


async def conversation_updated(info: Info, id: str) -> AsyncGenerator[Any, None]:
    found = await conversation(info, id)
    if found is None:
        raise Problem("NOT_FOUND", "No such conversation in an organization that this API key may act for.")
    async for _, row in _news(info, ChangeKind.CONVERSATION, found.organization_id, id):
        yield row


async def conversations_updated(info: Info, organization_id: str | None = None) -> AsyncGenerator[Any, None]:
    async for _, row in _news(info, ChangeKind.CONVERSATION, await _acting(info, organization_id)):
        yield row


async def phone_numbers_updated(
    info: Info, organization_id: str | None = None
) -> AsyncGenerator[PhoneNumberChange, None]:
    async for number_id, row in _news(info, ChangeKind.PHONE_NUMBER, await _acting(info, organization_id)):
        yield PhoneNumberChange(number_id, row)


async def _acting(info: Info, organization_id: str | None) -> str:
    async with info.context.database.read() as session:
        return await acting_for_list(info, session, organization_id)


async def _news(
    info: Info, kind: ChangeKind, organization_id: str, subject_id: str | None = None
) -> AsyncGenerator[tuple[str, Any], None]:
    context = info.context
    async with context.feed.follow(kind, organization_id, context.caller, subject_id) as follower:
        async for subject, row in follower.news():
            context.forget()
            yield subject, row
