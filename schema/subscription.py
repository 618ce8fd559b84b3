"""What can be followed."""

import strawberry

from resolvers.subscriptions import conversation_updated, conversations_updated, phone_numbers_updated
from schema.conversation import Conversation
from schema.declare import column, reading, subscription
from schema.phone_number import PhoneNumber
from schema.query import ACTING


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
        scope=reading("CONVERSATIONS"),
        arguments={"id": (strawberry.ID, "The id.")},
    )
    conversations_updated = subscription(
        conversations_updated,
        Conversation,
        "Each conversation that is created or changed in the organization.",
        scope=reading("CONVERSATIONS"),
        arguments=ACTING,
    )
    phone_numbers_updated = subscription(
        phone_numbers_updated,
        PhoneNumberChange,
        "Each number that the organization owns or may dial from, when it changes, appears or disappears.",
        scope=reading("PHONE_NUMBERS"),
        arguments=ACTING,
    )
