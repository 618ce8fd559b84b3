"""Declare campaigns, with the inputs and payloads of their mutations."""

from datetime import date, datetime

import strawberry

from calling.local_hours import Weekday
from execution.strategies import Batch
from models import AttemptOutcome, CampaignStatus, PauseReason
from models.campaign_rows import CampaignRow
from resolvers import campaign_statistics, campaigns
from resolvers.campaign_preview import preview
from resolvers.campaign_statistics import Statistics
from resolvers.contact_filter import prepare_contact_filter
from resolvers.context import Context, Info
from schema.campaign_preview import CampaignPreview, PreviewAssumptionsInput
from schema.campaign_statistics import CampaignStatistics
from schema.connection import connection
from schema.contact_filter import ContactFilter
from schema.edges import edge
from schema.fields import column, declare_field, field, optional
from schema.node import Node
from schema.number_choice import PoolNumber, PoolNumberInput
from schema.scalars import E164, JSON, LocalTime
from schema.user_error import UserError, user_errors


@strawberry.type(description="Local hours on some weekdays in which calls may start.")
class CallingWindow:
    days: list[Weekday] = column("The weekdays.")
    opens: LocalTime = column("From then on.")
    closes: LocalTime = column("Until before then; 00:00: the end of the day.")


@strawberry.type(description="How long after an outcome a contact is called again.")
class RetryDelay:
    outcome: AttemptOutcome = column("The outcome.")
    minutes: int = column("The minutes until then; 0: never.")


@strawberry.type(description="How often a contact is called, and when again.")
class RetryPolicy:
    max_attempts: int = column("How many attempts a contact has, over all outcomes.")
    delays: list[RetryDelay] = column("The delays; after every other outcome nobody is called again.")


async def load_all_statistics(context: Context, rows: list[CampaignRow]) -> list[Statistics]:
    return await campaign_statistics.load_statistics(context, rows)


async def load_statistics(root: CampaignRow, info: Info) -> Statistics:
    return (await load_all_statistics(info.context, [root]))[0]


@strawberry.type(description="Whom an agent calls, when, how fast, and from which numbers.")
class Campaign(Node):
    name: str = column("Its name.")
    status: CampaignStatus = column("Where it is in its life.")
    pause_reason: PauseReason | None = column("Why it is paused; null unless it is.")
    revision: int = column("Counts its edits: send it as expectedRevision to change what you have seen.")
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="The owner."
    )
    agent_version = edge(
        "agent_version", by="agent_version_id", to="AgentVersion", description="Who speaks; null: by its number."
    )
    agent_number: E164 | None = column("The number that it calls from; null: its pool, or the four steps choose.")
    pool = edge(
        "pool",
        by="id",
        to=PoolNumber,
        many=True,
        required=True,
        description="The numbers that it calls from, those alone that its owner may dial from now.",
    )
    windows = field(campaigns.windows, list[CallingWindow], "When calls may start, in the contact's time zones.")
    closed_dates = field(campaigns.closed_dates, list[date], "The dates on which none may.")
    default_time_zone: str | None = column("The time zone of contacts of which none is known.")
    retries = field(campaigns.retries, RetryPolicy, "How often a contact is called, and when again.")
    max_concurrent_calls: int = column("How many of its calls may be live at once.")
    calls_per_minute: int | None = column("How many may start in a minute; null: any number.")
    weight: int = column("Its share of a trunk beside other campaigns: 1 to 100.")
    initial_context: str | None = column("What the agent is told of every call.")
    custom_metadata: JSON | None = column("What its creator keeps with it.", name="metadata")
    starts_at: datetime | None = column("Nobody is called before; null: at once.")
    ends_at: datetime | None = column("Who was not reached until then expires; null: never.")
    started_at: datetime | None = column("When it was first started.")
    ended_at: datetime | None = column("When it was completed or cancelled.")
    created_at: datetime = column("When it was created.")
    updated_at: datetime = column("When it was last changed.")
    preview = field(
        preview,
        CampaignPreview,
        "The dry run: who would be called, from which number, who is refused and why. Writes nothing.",
        arguments={"assume": (PreviewAssumptionsInput | None, "What its estimates are to take for granted.")},
    )
    statistics = declare_field(
        load_statistics,
        CampaignStatistics,
        "How it goes, in figures.",
        (),
        {},
        strategy=Batch(load_all_statistics),
    )
    contacts = connection(
        "contacts",
        to="Contact",
        description="Its contacts, newest first.",
        filtered=(ContactFilter, prepare_contact_filter),
    )
    imports = connection("imports", to="ContactImport", description="Its imports, newest first.")


@strawberry.input(description="Local hours on some weekdays.")
class CallingWindowInput:
    days: list[Weekday] = column("The weekdays.")
    opens: LocalTime = column("From then on.")
    closes: LocalTime = column("Until before then, on the same day; 00:00: the end of the day.")


@strawberry.input(description="A delay before a contact is called again.")
class RetryDelayInput:
    outcome: AttemptOutcome = column("BUSY, NO_ANSWER, VOICEMAIL or CARRIER_ERROR.")
    minutes: int = column("1 to 43200; 0: never.")


@strawberry.input(description="How often a contact is called, and when again.")
class RetryPolicyInput:
    max_attempts: int = column("1 to 10, over all outcomes.", default=3)
    delays: list[RetryDelayInput] | None = optional("Delays other than the defaults.")


@strawberry.input(description="A campaign to create.")
class CreateCampaignInput:
    organization_id: strawberry.ID | None = optional("The owner; the key's own organization where absent.")
    name: str = column("1 to 200 characters; need not be unique.")
    agent_id: strawberry.ID | None = optional("Who speaks: the agent's newest published version.")
    agent_version_id: strawberry.ID | None = optional("Who speaks: this version.")
    agent_number: str | None = optional("The number to call from.")
    pool: list[PoolNumberInput] | None = optional("The numbers to choose from, at most 100.")
    windows: list[CallingWindowInput] | None = optional("When calls may start; absent: on workdays, 09:00 to 20:00.")
    closed_dates: list[date] | None = optional("Dates on which none may.")
    default_time_zone: str | None = optional("The time zone of contacts of which none is known.")
    retries: RetryPolicyInput | None = optional("How often a contact is called, and when again.")
    max_concurrent_calls: int = column("How many calls may be live at once: 1 to 10000.", default=10)
    calls_per_minute: int | None = optional("How many may start in a minute.")
    weight: int = column("Its share of a trunk beside other campaigns: 1 to 100.", default=10)
    initial_context: str | None = optional("What the agent is told of every call.")
    metadata: JSON | None = optional("What to keep with it.")
    starts_at: datetime | None = optional("Call nobody before.")
    ends_at: datetime | None = optional("Call nobody after.")
    idempotency_key: str | None = optional("1 to 255 characters: the same input again under it creates nothing new.")


@strawberry.type(description="What createCampaign answers.")
class CreateCampaignPayload:
    campaign: Campaign | None = column("The new campaign, a draft; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
