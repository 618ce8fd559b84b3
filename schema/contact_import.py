"""Declare imports of contacts, and the rows of their files that were refused."""

from datetime import datetime

import strawberry

from models import DuplicateRule, ErrorCode, ImportStatus
from resolvers import contact_imports
from schema.connection import connection
from schema.fields import column, field, optional
from schema.node import Node
from schema.user_error import UserError, user_errors


@strawberry.type(description="A row of an import that was refused.")
class ContactRefusal:
    line: int = column("The line of the file that it begins on; the first is 1.")
    e164: str | None = column("What stood where the number should, shortened to 64 characters.")
    code = field(contact_imports.refusal_code, ErrorCode, "For programs.", read_columns=("code",))
    message: str = column("For people: what is wrong, and what to do next.")


@strawberry.type(description="A CSV of contacts that is sent to a campaign, and how far it is.")
class ContactImport(Node):
    status: ImportStatus = column("How far it is.")
    upload_path = field(
        contact_imports.upload_path,
        str,
        "PUT the file to this path of the server, with the API key. The refused rows are at this path + /refusals.csv.",
        read_columns=("id",),
    )
    rows: int = column("How many rows of the last upload were read; its header is none.")
    accepted: int = column("How many of them were added or changed.")
    unchanged: int = column("How many were there already.")
    refused: int = column("How many were refused.")
    created_at: datetime = column("When it was created.")
    refusals = connection("refusals", to=ContactRefusal, description="The refused rows, in the order of the file.")


@strawberry.input(description="An import to create.")
class CreateContactImportInput:
    campaign_id: strawberry.ID = column("The campaign.")
    default_region: str | None = optional(
        "How numbers without a plus sign are read, such as US; where absent they are refused."
    )
    on_duplicate: DuplicateRule = column(
        "What becomes of a contact that is there already with other content.", default=DuplicateRule.UPDATE
    )


@strawberry.type(description="What createContactImport answers.")
class CreateContactImportPayload:
    contact_import: ContactImport | None = column("The new import; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()
