"""Declare starting, pausing, cancelling and changing campaigns."""

from datetime import date, datetime

import strawberry

from schema.campaign import CallingWindowInput, Campaign, RetryPolicyInput
from schema.fields import column, optional
from schema.number_choice import PoolNumberInput
from schema.scalars import JSON
from schema.user_error import UserError, user_errors


@strawberry.input(description="A campaign to start, or to go on with.")
class StartCampaignInput:
    campaign_id: strawberry.ID = column("The campaign.")


@strawberry.type(description="What startCampaign answers.")
class StartCampaignPayload:
    campaign: Campaign | None = column("The campaign; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A campaign to pause.")
class PauseCampaignInput:
    campaign_id: strawberry.ID = column("The campaign.")


@strawberry.type(description="What pauseCampaign answers.")
class PauseCampaignPayload:
    campaign: Campaign | None = column("The campaign; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A campaign to call off.")
class CancelCampaignInput:
    campaign_id: strawberry.ID = column("The campaign.")
    hang_up_live: bool = column("Whether its live calls are hung up, too.", default=False)


@strawberry.type(description="What cancelCampaign answers.")
class CancelCampaignPayload:
    campaign: Campaign | None = column("The campaign; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="What to change of a campaign; what is absent stays as it is.")
class UpdateCampaignInput:
    campaign_id: strawberry.ID = column("The campaign.")
    expected_revision: int | None = optional("Change nothing unless the campaign still has this revision.")
    name: str | None = optional("1 to 200 characters; need not be unique.")
    agent_version_id: strawberry.ID | None = optional("Who speaks; not while the campaign runs.")
    agent_number: str | None = optional("The number to call from; null: its pool, or the four steps choose.")
    pool: list[PoolNumberInput] | None = optional("The numbers to choose from, instead of those before; null: none.")
    windows: list[CallingWindowInput] | None = optional("When calls may start; null: on workdays, 09:00 to 20:00.")
    closed_dates: list[date] | None = optional("Dates on which none may.")
    default_time_zone: str | None = optional("The time zone of contacts of which none is known.")
    retries: RetryPolicyInput | None = optional("How often a contact is called, and when again.")
    max_concurrent_calls: int | None = optional("How many calls may be live at once: 1 to 10000.")
    calls_per_minute: int | None = optional("How many may start in a minute; null: any number.")
    weight: int | None = optional("Its share of a trunk beside other campaigns: 1 to 100.")
    initial_context: str | None = optional("What the agent is told of every call.")
    metadata: JSON | None = optional("What to keep with it.")
    starts_at: datetime | None = optional("Call nobody before; null: at once.")
    ends_at: datetime | None = optional("Call nobody after; null: no end.")


@strawberry.type(description="What updateCampaign answers.")
class UpdateCampaignPayload:
    campaign: Campaign | None = column("The campaign; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
