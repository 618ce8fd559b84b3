"""List the scopes that an API key can hold, each with its description."""

from enum import unique

from models.described_enum import DescribedEnum


@unique
class Scope(DescribedEnum):
    PHONE_NUMBERS_READ = "Read phone numbers, their slots and their sharing."
    PHONE_NUMBERS_MANAGE = "Read, register, share and delete phone numbers."
    TRUNKS_READ = "Read trunks. Passwords are never readable."
    TRUNKS_MANAGE = "Read, create, change and delete trunks."
    AGENTS_READ = "Read agents and their versions."
    AGENTS_MANAGE = "Read and change agents and versions, publish them and assign them to slots."
    CONVERSATIONS_READ = "Read conversations, and preview which number a call would go out from."
    CONVERSATIONS_MANAGE = "Read and create conversations."
    CALLS_ROUTE = "Ask which agent answers an inbound call: for the telephony side."
    API_KEYS_MANAGE = "List, create and revoke API keys."
    CHILD_ORGANIZATIONS_MANAGE = "Act for every organization below one's own, and create them."
    CAMPAIGNS_READ = "Read campaigns, their contacts and their statistics."
    CAMPAIGNS_MANAGE = "Read, create, change, start and stop campaigns and their contacts."
    SUPPRESSIONS_MANAGE = "Read, add and remove the numbers that are never called."
    AUDIT_READ = "Read who changed what."
