"""Build the conditions of filters of contacts (R24). `at`: now; `closed_zones`: where no window is open."""

import sqlalchemy as sa

from models.contact import IS_PENDING_SQL, Contact, WaitReason
from models.expressions import Condition
from storage.statement import list_parameter

contact = Contact.columns()
# What a contact waits for until its due date, by what that was set for; else for its own notBefore.
DATED_REASONS = (WaitReason.RETRY, WaitReason.ATTEMPT_LIMIT)
# What one that is due lacks, as admission found.
ROOM_REASONS = (WaitReason.NUMBER, WaitReason.TRUNK, WaitReason.BUDGET)
# These conditions read the index of pending contacts by what was stored that they wait for.
OF_STORED_REASON = frozenset({"due_later_for", "found_lacking"})
_AT = sa.bindparam("at", type_=contact.due_at.type)
_IS_DUE = contact.due_at <= _AT
_IS_PENDING = sa.text(f"contact.{IS_PENDING_SQL}")
_WAIT_REASON = sa.bindparam("wait_reason", type_=contact.wait_reason.type)
_IN_CLOSED_ZONE = contact.zone_key.in_(list_parameter("closed_zones"))

CONTACT_CONDITIONS: dict[str, Condition] = {
    "outcome": contact.last_outcome == sa.bindparam("outcome", type_=contact.last_outcome.type),
    "external_id": contact.external_id == sa.bindparam("external_id", type_=sa.String),
    "e164_like": contact.e164.like(sa.bindparam("e164_like", type_=sa.String)),
    "nobody": sa.false(),
    "due_later_for": sa.and_(contact.due_at > _AT, _IS_PENDING, contact.wait_reason == _WAIT_REASON),
    "due_later_undated": sa.and_(
        contact.due_at > _AT, sa.or_(contact.wait_reason.is_(None), contact.wait_reason.not_in(DATED_REASONS))
    ),
    "due_in_closed_zone": sa.and_(_IS_DUE, _IN_CLOSED_ZONE),
    "due_in_open_zone": sa.and_(_IS_DUE, sa.not_(_IN_CLOSED_ZONE)),
    "found_lacking": sa.and_(_IS_PENDING, contact.wait_reason == _WAIT_REASON),
    "found_lacking_or_not_asked": sa.or_(
        contact.wait_reason == _WAIT_REASON, contact.wait_reason.is_(None), contact.wait_reason.not_in(ROOM_REASONS)
    ),
}
