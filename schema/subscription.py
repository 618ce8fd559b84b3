"""Declare the subscriptions."""

import strawberry

from resolvers.campaign_subscription import campaign_updated
from resolvers.subscriptions import conversation_updated, conversations_updated, phone_numbers_updated
from schema.campaign import Campaign
from schema.conversation import Conversation
from schema.fields import column, read_scopes, subscription
from schema.phone_number import PhoneNumber
from schema.query import ACTING_ORGANIZATION


@strawberry.type(description="A number that was registered, changed, deleted, or came into or out of sight.")
class PhoneNumberChange:
    phone_number_id: strawberry.ID = column("The number.")
    phone_number: PhoneNumber | None = column("The number as it is now; null: deleted, or no longer visible.")


@strawberry.type(description="What can be followed, as the queries would answer it. It ends when the key is revoked.")
class Subscription:
    conversation_updated = subscription(
        conversation_updated,
        Conversation,
        "A conversation, each time that it changes.",
        scope=read_scopes("CONVERSATIONS"),
        arguments={"id": (strawberry.ID, "The id.")},
    )
    conversations_updated = subscription(
        conversations_updated,
        Conversation,
        "Each conversation that is created or changed in the organization.",
        scope=read_scopes("CONVERSATIONS"),
        arguments=ACTING_ORGANIZATION,
    )
    campaign_updated = subscription(
        campaign_updated,
        Campaign,
        "A campaign as it is now, and again when it or its statistics have changed, at most once a second.",
        scope=read_scopes("CAMPAIGNS"),
        arguments={"id": (strawberry.ID, "The id.")},
    )
    phone_numbers_updated = subscription(
        phone_numbers_updated,
        PhoneNumberChange,
        "Each number that the organization owns or may dial from, when it changes, appears or disappears.",
        scope=read_scopes("PHONE_NUMBERS"),
        arguments=ACTING_ORGANIZATION,
    )
