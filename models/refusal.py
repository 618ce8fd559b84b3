"""Define the error codes of the API and the exception that carries a refusal out of a rule."""

from dataclasses import dataclass
from enum import unique

from models.described_enum import DescribedEnum


@unique
class ErrorCode(DescribedEnum):
    INVALID_PHONE_NUMBER = "Not a possible phone number in E.164, such as +15551234567."
    PHONE_NUMBER_NOT_FOUND = "No such number among those the organization owns or may dial from."
    PHONE_NUMBER_TAKEN = "The number is registered already, by whomever."
    PHONE_NUMBER_IN_USE = "The number has a live conversation."
    NO_OUTBOUND_CONFIGURATION = "The number's trunk has no outbound configuration to dial through."
    NO_NUMBER_BOUND = "No number holds the agent version in its outbound slot."
    NO_OUTBOUND_NUMBER = "The organization has no number of its own that can dial out."
    AGENT_REQUIRED = "Nothing says which agent is to speak."
    AGENT_REFERENCE_CONFLICT = "The agent references sent cannot go together."
    AGENT_NOT_FOUND = "No such agent in the acting organization."
    AGENT_INACTIVE = "The agent is switched off."
    AGENT_VERSION_NOT_FOUND = "No such agent version in the acting organization."
    AGENT_VERSION_NOT_PUBLISHED = "Only a published version can speak."
    AGENT_VERSION_PUBLISHED = "A published version never changes."
    DESTINATION_NOT_ALLOWED = "A number that is never dialed, or outside the regions that the operator allows."
    IDEMPOTENCY_KEY_REUSED = "The idempotency key was used with another input."
    TRUNK_NOT_FOUND = "No such trunk in the acting organization."
    TRUNK_MANAGED = "A managed trunk is the operator's: the API neither changes it nor registers numbers on it."
    TRUNK_IN_USE = "The trunk still carries numbers."
    ORGANIZATION_NOT_FOUND = "No such organization among those that the key may act for."
    SLUG_TAKEN = "Another organization of this installation has the slug."
    API_KEY_NOT_FOUND = "No such API key in an organization that the key may act for."
    SCOPE_NOT_HELD = "A key can hand on only scopes that it holds itself, and revoke only keys that hold no others."
    CONVERSATION_NOT_FOUND = "No such conversation in an organization that the key may act for."
    CONVERSATION_NOT_LIVE = "The conversation has ended or, where it is to be transferred, is not answered yet."
    TRANSFER_DISABLED = "The trunk refuses transfers by REFER."
    TRANSFER_CALLER_ID_UNAVAILABLE = "The trunk cannot present the caller ID asked for."
    TRANSFER_FAILED = "The transfer did not begin; the caller is where they were."
    NO_INBOUND_AGENT = "The number has no active agent in its inbound slot."
    LIMIT_EXCEEDED = "A limit of the installation is reached."
    NUMBER_SUPPRESSED = "The number must not be called."
    CAMPAIGN_NOT_FOUND = "No such campaign in an organization that the key may act for."
    CAMPAIGN_NOT_READY = "Something is missing that the campaign needs to start."
    CAMPAIGN_NOT_EDITABLE = "The campaign's status does not allow this change."
    CAMPAIGN_CHANGED = "Somebody else has changed the campaign since."
    CAMPAIGN_ENDED = "The campaign is completed or cancelled, which is final."
    CONTACT_NOT_FOUND = "No such contact in an organization that the key may act for."
    CONTACT_IN_CALL = "The contact is being called."
    DUPLICATE_CONTACT = "The campaign has the contact already, with other content."
    TIME_ZONE_UNKNOWN = "Nothing says in which time zone the contact is."
    IMPORT_NOT_FOUND = "No such import in an organization that the key may act for."
    SUPPRESSION_NOT_FOUND = "No such suppression in an organization that the key may act for."
    INVALID_INPUT = "A value of the input is not acceptable; the message says which values are."


@dataclass(frozen=True)
class Refusal:
    """An expected error of a rule: a code for programs, a message with advice, and a path into the input.

    The client sees it as an entry of a mutation's `userErrors`, or as the `refusal` of a dry run.
    """

    code: ErrorCode
    message: str
    field: list[str] | None = None


class Refused(Exception):
    """Raised by a rule; carries its refusal to the resolver or worker that called the rule.

    A mutation rolls back and returns the refusal in `userErrors`. Queries have no `userErrors`: where they do not
    return the refusal as data, they raise `resolvers.top_level_error.TopLevelError` or return null.
    """

    def __init__(self, code: ErrorCode, message: str, *field: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message, list(field) or None)
