"""Resolve the three subscriptions from the change feed: the row now, and again after every change."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from models.change import ChangeKind
from resolvers.context import Info
from resolvers.conversations import conversation
from resolvers.root_connections import authorize_list
from resolvers.top_level_error import TopLevelError


@dataclass(frozen=True)
class ChangedPhoneNumber:
    """The source of GraphQL's PhoneNumberChange; `phone_number` is None if deleted, or no longer visible."""

    phone_number_id: str
    phone_number: object


async def conversation_updated(info: Info, id: str) -> AsyncGenerator[object, None]:
    found = await conversation(info, id)
    if found is None:
        raise TopLevelError("NOT_FOUND", "No such conversation in an organization that this API key may act for.")
    async for _, row in _updates(info, ChangeKind.CONVERSATION, found.organization_id, id):
        yield row


async def conversations_updated(info: Info, organization_id: str | None = None) -> AsyncGenerator[object, None]:
    async for _, row in _updates(info, ChangeKind.CONVERSATION, await _authorize(info, organization_id)):
        yield row


async def phone_numbers_updated(
    info: Info, organization_id: str | None = None
) -> AsyncGenerator[ChangedPhoneNumber, None]:
    async for number_id, row in _updates(info, ChangeKind.PHONE_NUMBER, await _authorize(info, organization_id)):
        yield ChangedPhoneNumber(number_id, row)


async def _authorize(info: Info, organization_id: str | None) -> str:
    async with info.context.read() as session:
        return await authorize_list(info, session, organization_id)


async def _updates(
    info: Info, kind: ChangeKind, organization_id: str, subject_id: str | None = None
) -> AsyncGenerator[tuple[str, object], None]:
    context = info.context
    async with context.feed.subscribe(kind, organization_id, context.principal, subject_id) as subscriber:
        async for subject, row in subscriber.updates():
            context.clear_loaded()
            yield subject, row
