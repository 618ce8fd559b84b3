"""Load what engines hand to the agents of calls (R9)."""

from collections.abc import Sequence

from models import AgentVersion, Contact
from models.call_rows import ConversationRow
from models.rows import AgentVersionRow
from storage import ReadSession
from storage.prepared import prepared
from telephony.engine import AgentDispatch

_find_versions, _find_contacts = prepared(AgentVersion.by_id), prepared(Contact.by_id)


async def load_agent_dispatch(session: ReadSession, call: ConversationRow) -> AgentDispatch:
    """Return the JSON object that the engine hands to the agent of a call. Customers' agents read its keys."""
    return (await load_agent_dispatches(session, [call]))[call.id]


async def load_agent_dispatches(session: ReadSession, calls: Sequence[ConversationRow]) -> dict[str, AgentDispatch]:
    """Return such an object for each of these calls, by their ids."""
    version_ids = sorted({each.agent_version_id for each in calls if each.agent_version_id})
    versions = {row.id: row for row in await _find_versions(session, version_ids)} if version_ids else {}
    contact_ids = [each.contact_id for each in calls if each.contact_id]
    contacts = {row.id: row for row in await _find_contacts(session, contact_ids)} if contact_ids else {}
    dispatches: dict[str, AgentDispatch] = {}
    for call in calls:
        dispatch = _describe(call, versions.get(call.agent_version_id or ""))
        of_contact = {} if call.contact_id is None else {"variables": contacts[call.contact_id].variables}
        dispatches[call.id] = dispatch | of_contact
    return dispatches


def _describe(call: ConversationRow, version: AgentVersionRow | None) -> dict[str, object]:
    dispatch: dict[str, object] = {
        "conversationId": call.id,
        "initialContext": call.initial_context,
        "config": call.agent_config,
    }
    if version is None:
        return dispatch
    return dispatch | {"agentVersionId": version.id, "agentName": version.agent_name, "config": version.config}
