"""Create imports of contacts, and show them; resolvers/contact_upload.py receives their files (R16)."""

from calling.campaign import load_campaign, require_not_ended
from calling.contact_input import check_default_region
from models import ContactImport, DuplicateRule, ErrorCode
from models.import_rows import ContactImportRow, ContactRefusalRow
from resolvers.context import Payload, Transaction

UPLOAD_PATH = "/contact-imports/{import_id}"


async def create_contact_import(
    transaction: Transaction,
    *,
    campaign_id: str,
    default_region: str | None = None,
    on_duplicate: DuplicateRule = DuplicateRule.UPDATE,
) -> Payload:
    """Create an import that waits for its file. Raises Refused (CAMPAIGN_NOT_FOUND, CAMPAIGN_ENDED, INVALID_INPUT)."""
    campaign = await load_campaign(transaction.session, transaction.principal.reach, campaign_id)
    require_not_ended(campaign)
    contact_import = ContactImport(
        organization_id=campaign.organization_id,
        campaign_id=campaign.id,
        default_region=check_default_region(default_region),
        on_duplicate=on_duplicate,
    )
    transaction.session.add(contact_import)
    await transaction.session.flush()
    return {"contact_import": contact_import}


def upload_path(root: ContactImportRow) -> str:
    return UPLOAD_PATH.format(import_id=root.id)


def refusal_code(root: ContactRefusalRow) -> ErrorCode:
    return ErrorCode[root.code]
