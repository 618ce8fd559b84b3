"""Seed defects into copies of the project, one at a time: each must make a test fail.

`python tests/defects.py` seeds them all, or those whose names are given; it fails where one survives.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "node_modules", "*.db*", "*.key"
)
# The tests of the rules, in an order that catches most defects early. Those that dial take minutes and run after them.
RULES = (
    *(
        f"tests/calling/test_{name}.py"
        for name in ("outbound_number", "outbound_explanations", "outbound_conversation")
    ),
    *(f"tests/calling/test_{name}.py" for name in ("agent_reference", "slots", "transfer_plan", "destinations")),
    *(
        f"tests/calling/test_{name}.py"
        for name in ("sip_destinations", "inbound_conversation", "inbound_report", "e164")
    ),
    "tests/isolation/test_not_found.py",
    "tests/isolation/test_oracle.py",
    "tests/resolvers",
)
DIALING = "tests/dialing"
ADMISSION_TESTS = ("tests/serving/test_admission.py",)
HTTP_TESTS = ("tests/serving/test_http_protocol.py", "tests/serving/test_operation_timeout.py")
LIMIT_TESTS = ("tests/serving/test_limits.py",)
AUDIT_TESTS = ("tests/resolvers/test_audit_events.py",)
DIALER_TESTS = ("tests/dialing/test_dialer.py",)
CAMPAIGN_MODEL_TESTS = ("tests/campaigns/test_campaign_model.py",)
PYTEST_TESTS_FAILED = 1
AT_ONCE = 2


@dataclass(frozen=True)
class Defect:
    """`text` is exactly once in `file`; replacing it with `replacement` breaks the named rule.

    `tests` are those that must catch it.
    """

    name: str
    file: str
    text: str
    replacement: str
    tests: Sequence[str] = RULES

    def seed(self, source: str) -> str:
        if source.count(self.text) != 1:
            raise ValueError(f"{self.name}: its text is {source.count(self.text)} times in {self.file}, not once")
        return source.replace(self.text, self.replacement)


class NothingRan(Exception):
    """The tests could not be run, so nothing is known about the defect."""


def campaign_tests(*names: str) -> tuple[str, ...]:
    """Return the files of these tests of campaigns."""
    return tuple(f"tests/campaigns/test_{name}.py" for name in names)


def copy_project(folder: Path) -> Path:
    return Path(shutil.copytree(ROOT, folder / "dialtree", ignore=LEFT_BEHIND))


def find_failing_test(tree: Path, tests: Sequence[str]) -> str | None:
    """Run the tests in the tree; return the first that fails, or None."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIALTREE_")}
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "--tb=no", *tests]
    environment = kept | {"COLUMNS": "1000", "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", run.stdout, re.MULTILINE)
    if run.returncode == 0:
        return None
    if run.returncode != PYTEST_TESTS_FAILED or failed is None:
        raise NothingRan(run.stdout[-2000:] + run.stderr[-2000:])
    return failed[1]


def find_catching_test(defect: Defect, tree: Path, tests: Sequence[str] = ()) -> str | None:
    """Seed the defect, return the first test that fails, or None, and restore the file."""
    file = tree / defect.file
    source = file.read_text()
    file.write_text(defect.seed(source))
    try:
        return find_failing_test(tree, tests or defect.tests)
    finally:
        file.write_text(source)


def main(names: Sequence[str]) -> int:
    chosen = [defect for defect in DEFECTS if not names or defect.name in names]
    trees: Queue[Path] = Queue()

    def survives(defect: Defect) -> bool:
        tree = trees.get()
        try:
            caught = find_catching_test(defect, tree)
            if caught is None and defect.tests == RULES:
                caught = find_catching_test(defect, tree, [DIALING])
        finally:
            trees.put(tree)
        return not report(defect, caught)

    with TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as threads:
        for place in range(AT_ONCE):
            trees.put(copy_project(Path(folder) / str(place)))
        if failed := find_failing_test(trees.queue[0], sorted({test for defect in chosen for test in defect.tests})):
            print_line(f"Without any defect {failed} fails already.")
            return 2
        survivors = sum(threads.map(survives, chosen))
    print_line(f"{len(chosen) - survivors} of {len(chosen)} defects were caught.")
    return 1 if survivors else 0


def report(defect: Defect, caught: str | None) -> bool:
    print_line(f"{defect.name}: {f'caught by {caught}' if caught else 'SURVIVED'}")
    return caught is not None


def print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


STEPS = "calling/outbound_number.py"
REFERENCE = "calling/agent_reference.py"
CREATION = "calling/outbound_conversation.py"
PHONE_NUMBER = "models/phone_number.py"
NUMBER_RANGES = "models/number_ranges.py"
NUMBER_CANDIDATES = "models/number_candidates.py"

DEFECTS = [
    # ------------------------------------------------------------------------------------------- who sees which number
    Defect(
        "a number is lent to siblings of its owner",
        PHONE_NUMBER,
        "ancestry.join(number, ancestry.c.ancestor_id == number.c.organization_id)",
        """ancestry.join(number, sa.or_(
                ancestry.c.ancestor_id == number.c.organization_id,
                sa.and_(
                    ancestry.c.distance == 1,
                    ancestry.c.organization_id != number.c.organization_id,
                    ancestry.c.ancestor_id == sa.literal_column(
                        "(SELECT parent_id FROM organization WHERE id = phone_number.organization_id)"
                    ),
                ),
            ))""",
    ),
    Defect(
        "a number is lent upwards, to the ancestors of its owner",
        PHONE_NUMBER,
        """number, ancestry = cls.__table__, self_and_ancestors(organization_ids)
        visible =""",
        """number, down, self = cls.__table__, descendants(organization_ids), sa.table("organization", sa.column("id"))
        ancestry = sa.union_all(
            sa.select(
                self.c.id.label("organization_id"), self.c.id.label("ancestor_id"), sa.literal(0).label("distance")
            ).where(self.c.id.in_(organization_ids)),
            sa.select(down.c.organization_id, down.c.descendant_id, sa.literal(1)),
        ).subquery()
        visible =""",
    ),
    Defect(
        "a number is lent whether shareable or not",
        PHONE_NUMBER,
        ".where(visible)",
        ".where(sa.true())",
    ),
    Defect(
        "a list shows what an ancestor does not share",
        NUMBER_RANGES,
        "borrowed = [shared == sa.true(), ",
        "borrowed = [",
    ),
    Defect(
        "a list leaves out what the third organization above shares",
        NUMBER_RANGES,
        "for distance in range(1, MAX_UNROLLED_ANCESTORS)]",
        "for distance in range(1, MAX_UNROLLED_ANCESTORS - 1)]",
    ),
    Defect(
        "a list leaves out what the fourth organization above shares",
        NUMBER_RANGES,
        "ancestry.c.distance >= MAX_UNROLLED_ANCESTORS",
        "ancestry.c.distance > MAX_UNROLLED_ANCESTORS",
    ),
    Defect(
        "a number that is sought by all its digits is found whoever owns it",
        "models/number_search.py",
        """in_range = without_index(
            [number.c.organization_id == ancestry.c.ancestor_id, number.c.shareable == shared], number
        )""",
        "in_range = [ancestry.c.distance == 0]",
    ),
    Defect(
        "the owner's business shows on a borrowed number",
        PHONE_NUMBER,
        "*(sa.case((own, number.c[name])).label(name) for name in OWNER_ONLY_COLUMNS)",
        "*(number.c[name] for name in OWNER_ONLY_COLUMNS)",
    ),
    Defect(
        "what switching sharing off would touch shows on a borrowed number",
        PHONE_NUMBER,
        'sa.case((own, number.c.id)).label("owned_id")',
        'number.c.id.label("owned_id")',
    ),
    Defect(
        "the slots of a borrowed number are readable",
        "schema/phone_number.py",
        'description, present_when="owned"',
        'description, present_when="id"',
    ),
    Defect(
        "an answer is kept whatever happens meanwhile",
        "serving/response_cache.py",
        "return all(now.get(table, UNCHANGED) == number for table, number in self.revisions.items())",
        "return True",
    ),
    Defect(
        "an answer is kept for whoever asks the same",
        "serving/response_cache.py",
        "api_key = repr(tuple(row))",
        'api_key = ""',
    ),
    Defect(
        "a filter on slots matches borrowed numbers",
        "resolvers/phone_number_filter.py",
        'OWNER_ONLY_FILTERS = ("outbound_assigned", ',
        "OWNER_ONLY_FILTERS = (",
    ),
    Defect(
        "any number can be had by its id",
        "resolvers/node_types.py",
        "seen.c.id.in_(identifiers), sa.or_(as_owner, as_viewer)",
        "seen.c.id.in_(identifiers)",
    ),
    Defect(
        "a key without CHILD_ORGANIZATIONS_MANAGE acts for what lies below",
        "models/organization_tree.py",
        "        if not self.includes_descendants:\n",
        "        if False:\n",
    ),
    Defect(
        "the numbers of an organization above are listed",
        "resolvers/child_connections.py",
        "organization.id.in_(parent_ids), reach.covers(organization.id, parent_ids)",
        "organization.id.in_(parent_ids)",
    ),
    # -------------------------------------------------------------------------------------------------- the four steps
    Defect(
        "the agent's version decides before agentNumber",
        STEPS,
        """    OutboundNumberRule.AGENT_NUMBER: choose_agent_number,
    OutboundNumberRule.AGENT_VERSION: choose_by_agent_version,
""",
        """    OutboundNumberRule.AGENT_VERSION: choose_by_agent_version,
    OutboundNumberRule.AGENT_NUMBER: choose_agent_number,
""",
    ),
    Defect(
        "of several numbers the latest assigned is chosen",
        NUMBER_CANDIDATES,
        "CAN_DIAL.desc(), number.outbound_assigned_at, number.id",
        "CAN_DIAL.desc(), number.outbound_assigned_at.desc(), number.id",
    ),
    Defect(
        "of several numbers one that can dial is not preferred",
        NUMBER_CANDIDATES,
        "CAN_DIAL.desc(), number.outbound_assigned_at, number.id",
        "number.outbound_assigned_at, number.id",
    ),
    Defect(
        "an unknown agentNumber falls through to the fallback",
        STEPS,
        "decided.verdict is StepVerdict.REFUSED and decided.rule is not OutboundNumberRule.AGENT_NUMBER",
        "decided.verdict is StepVerdict.REFUSED",
    ),
    Defect("the fallback is always allowed", STEPS, "and may_fall_back and call.allow_fallback", "and may_fall_back"),
    Defect(
        "the fallback takes a borrowed number",
        NUMBER_CANDIDATES,
        "own = PhoneNumber.visible_to_owner().where(number.organization_id == organization_id, CAN_DIAL, slot)",
        "own = PhoneNumber.visible_to([organization_id]).where(CAN_DIAL, slot)",
    ),
    Defect(
        "the fallback prefers numbers with an agent",
        STEPS,
        "numbers += await find_fallback_assigned(session, call.organization_id)",
        "numbers = [*await find_fallback_assigned(session, call.organization_id), *numbers]",
    ),
    Defect(
        "the fallback takes the newest number",
        NUMBER_CANDIDATES,
        "own.order_by(number.created_at, number.id)",
        "own.order_by(number.created_at.desc(), number.id)",
    ),
    Defect(
        "a number that cannot dial is dialed from",
        STEPS,
        "if not number.outbound_capable:",
        "if False:",
    ),
    # ------------------------------------------------------------------------------------------------ the agent that speaks
    Defect(
        "a borrowed number lends its owner's agent",
        STEPS,
        """    bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER and number.owned
    if not bound or number.outbound_agent_version_id is None:
        raise agent_required(number)
    (version,) = await find_own_version(session, number.organization_id, number.outbound_agent_version_id)
""",
        """    bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER
    whole = (await session.execute(__import__("models").PhoneNumber.by_e164(number.e164))).one()
    if not bound or whole.outbound_agent_version_id is None:
        raise agent_required(number)
    (version,) = await find_own_version(session, whole.organization_id, whole.outbound_agent_version_id)
""",
    ),
    Defect(
        "the fallback lends the agent of the number it chose",
        STEPS,
        "bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER and number.owned",
        "bound = number.owned",
    ),
    Defect("an inactive agent speaks", REFERENCE, "if not version.agent_active:", "if False:"),
    Defect("a draft speaks", REFERENCE, "if not version.published:", "if False:"),
    Defect(
        "agentId resolves to the newest version, published or not",
        "models/agent_version.py",
        ".where(other.agent_id == agent_id, other.published_at.is_not(None))",
        ".where(other.agent_id == agent_id)",
    ),
    Defect(
        "another organization's agent speaks",
        NUMBER_CANDIDATES,
        "where(version.id == version_id, version.organization_id == organization_id)",
        "where(version.id == version_id, organization_id == organization_id)",
    ),
    Defect(
        "a version of another agent goes with agentId",
        REFERENCE,
        "if version and agent and version.agent_id != agent.id:",
        "if False:",
    ),
    Defect("agentConfig goes with another reference", REFERENCE, "if reference.config is None or (", "if True or ("),
    # ---------------------------------------------------------------------------------------------------------- slots
    Defect(
        "publishing clears the slots of other agents",
        "calling/slots.py",
        'if getattr(number, f"{slot}_agent_version_id") in versions]',
        "]",
    ),
    Defect(
        "publishing writes to anybody's numbers",
        PHONE_NUMBER,
        "where(number.organization_id == organization_id, number.e164.in_(e164s))",
        "where(number.e164.in_(e164s))",
    ),
    Defect(
        "writing what a slot holds already assigns it anew",
        "calling/slots.py",
        '    if getattr(number, f"{slot}_agent_version_id") == version_id:\n        return False\n',
        "",
    ),
    # ------------------------------------------------------------------------------------------ numbers and conversations
    Defect(
        "anybody switches sharing",
        "resolvers/phone_numbers.py",
        "reach.contains_rows(PhoneNumber, [phone_number_id])",
        "reach.contains_rows(PhoneNumber, [phone_number_id]) | (number.id == phone_number_id)",
    ),
    Defect(
        "switching sharing off leaves what is queued",
        "calling/sharing.py",
        "    if not shareable:\n",
        "    if False:\n",
    ),
    Defect(
        "a number in use is deleted",
        "resolvers/phone_numbers.py",
        "if await transaction.session.scalar(Conversation.id_of_live_call_on(phone_number_id)):",
        "if False:",
    ),
    Defect("an idempotency key creates again", CREATION, "    if first:\n", "    if False:\n"),
    Defect(
        "another input under a used key is answered with the first conversation",
        "calling/idempotency.py",
        "if first and first.input_digest != digest:",
        "if False:",
    ),
    Defect(
        "idempotency keys are everybody's",
        "models/conversation.py",
        "Conversation.owned_by(organization_id).where(Conversation.columns().idempotency_key",
        "sa.select(Conversation.__table__).where(organization_id == organization_id, Conversation.columns().idempotency_key",
    ),
    Defect(
        "anybody routes calls to any number",
        "calling/inbound_conversation.py",
        "covers(number.organization_id, owner)",
        "covers(number.organization_id, owner) | True",
    ),
    Defect(
        "an inactive agent answers",
        "calling/inbound_conversation.py",
        "if version is None or not version.agent_active:",
        "if version is None:",
    ),
    # ---------------------------------------------------------------------------------------------- what is acknowledged
    Defect(
        "a commit is acknowledged before it is synced",
        "storage/sqlite.py",
        '"synchronous": 2',
        '"synchronous": 1',
        ("tests/crashes/test_synced.py",),
    ),
    Defect(
        "a create is acknowledged before it is committed",
        "storage/sqlite_writer.py",
        "                    write.execute(connection)\n",
        """                    write.execute(connection)
                self._loop.call_soon_threadsafe(self._resolve, group)
                __import__("time").sleep(0.1)
""",
        ("tests/crashes/test_killed.py",),
    ),
    Defect(
        "a call that was being dialed is dialed again after a restart",
        "dialing/worker.py",
        "        self._lost_calls = LostCalls(context)\n",
        """        self._lost_calls = LostCalls(context)
        reconcile = self._lost_calls.reconcile

        async def dial_again(reference, engine_reference=None):
            import models, sqlalchemy
            from dialing.claims import ClaimedCall
            if await engine.snapshot(reference, engine_reference):
                return await reconcile(reference, engine_reference)
            conversation = models.Conversation.__table__
            async with database.read() as session:
                known = sqlalchemy.select(conversation).where(conversation.c.id == reference)
                call = (await session.execute(known)).one()
                way = models.Trunk.by_id([call.trunk_id])
                trunk = (await session.execute(way)).one()
            await self._dialer._place_call(ClaimedCall(call, self._lease.server_id, trunk, {}, 0.0))

        self._lost_calls.reconcile = dial_again
""",
        ("tests/crashes/test_killed.py",),
    ),
    Defect(
        "who retries under a key is given another conversation",
        CREATION,
        '        "idempotency_key": call.idempotency_key,\n',
        '        "idempotency_key": None,\n',
        ("tests/crashes/test_killed.py",),
    ),
    # -------------------------------------------------------------------------------------------------- placing calls
    Defect(
        "a trunk that has lost its outbound configuration is dialed over",
        "models/queue_statements.py",
        "return query(seen).join(trunk, trunk.c.id == number.c.trunk_id).where(Trunk.can_dial(trunk.c))",
        "return query(seen)",
        DIALER_TESTS,
    ),
    Defect(
        "what was begun before a crash is waited for in vain",
        "dialing/lost_calls.py",
        "            self._status_writer.record(last_event or CallEnded(reference, EndReason.ENGINE_LOST, detail=CALL_UNKNOWN))\n",
        """            if last_event:
                self._status_writer.record(last_event)
""",
        ("tests/dialing/test_crash.py",),
    ),
    Defect(
        "the callee sees their own number",
        "dialing/worker_context.py",
        "agent_number=call.agent_number,",
        "agent_number=call.user_number,",
        DIALER_TESTS,
    ),
    Defect(
        "a trunk carries more calls than it may",
        "dialing/claims.py",
        "free_calls = trunk.max_concurrent_calls - ",
        "free_calls = 1000 + ",
        DIALER_TESTS,
    ),
    Defect(
        "private addresses are dialed",
        "dialing/carrier_resolver.py",
        "if self._allow_private or is_public(each)",
        "if each",
        DIALER_TESTS,
    ),
    Defect(
        "a third party sees the caller's number",
        "dialing/worker_context.py",
        "agent_number=call.agent_number,",
        "agent_number=call.user_number,",
        ("tests/dialing/test_over_livekit.py",),
    ),
    Defect(
        "anybody reports on any inbound call",
        "calling/inbound_report.py",
        "in_reach = Reach(routing_organization_id, includes_descendants=True).contains_rows(Conversation, [conversation_id])",
        "in_reach = Conversation.columns().id == conversation_id",
        ("tests/calling/test_inbound_report.py",),
    ),
    # ------------------------------------------------------------------------------------------------------- the edge
    Defect(
        "what is asked is free",
        "serving/admission.py",
        "prepared, REQUEST_POINTS + cost)",
        "prepared, REQUEST_POINTS)",
        ADMISSION_TESTS,
    ),
    Defect(
        "what is refused is free",
        "serving/admission.py",
        "cost = REFUSED_DOCUMENT_POINTS if prepared.errors else prepared.cost",
        "cost = 0 if prepared.errors else prepared.cost",
        ADMISSION_TESTS,
    ),
    Defect(
        "guesses are looked up one by one for ever",
        "serving/admission.py",
        "bool(limited.retry_after) and key not in self._known_keys",
        "False",
        ADMISSION_TESTS,
    ),
    Defect(
        "whoever guesses locks the owner out",
        "resolvers/key_batching.py",
        "answer.set_result(found.get(key_id))",
        "answer.set_result(None)",
        ADMISSION_TESTS,
    ),
    Defect(
        "a query goes on though its client left",
        "serving/http_protocol.py",
        "deadline.reschedule(0)",
        "pass",
        HTTP_TESTS,
    ),
    Defect(
        "a stray line keeps a connection open",
        "serving/http_protocol.py",
        "self._start_arrival_timer()  # such as",
        "pass  # such as",
        HTTP_TESTS,
    ),
    Defect(
        "trailers have no end",
        "serving/http_protocol.py",
        "self._framing_bytes = max(0, self._framing_bytes + self._chunk_bytes)",
        "self._framing_bytes = max(0, self._framing_bytes + (0 if self.cycle else self._chunk_bytes))",
        HTTP_TESTS,
    ),
    Defect(
        "pages of other origins open sockets",
        "serving/ws_endpoint.py",
        "    websocket_adapter_class = CheckedWebSocketAdapter\n",
        "    websocket_adapter_class = CheckedWebSocketAdapter\n    _check_websocket_origin = lambda *_: True\n",
        ("tests/serving/test_attacks.py",),
    ),
    Defect(
        "a link changes something",
        "serving/endpoint.py",
        'if request.method == "GET" and prepared.is_mutation:',
        "if False:",
        ("tests/serving/test_attacks.py",),
    ),
    Defect(
        "messages of a socket are not looked over",
        "serving/ws_messages.py",
        "if error := message_error(message):",
        'if error := "":',
        ("tests/serving/test_fuzzing.py",),
    ),
    Defect(
        "what was sent is printed again in an error",
        "serving/responses.py",
        "return _error_body(error, _redacted_message(error),",
        "return _error_body(error, error.message,",
        LIMIT_TESTS,
    ),
    Defect(
        "each limit is one more",
        "execution/document_limits.py",
        "if found > limit_value:",
        "if found > limit_value + 1:",
        LIMIT_TESTS,
    ),
    Defect(
        "a page whose size cannot be read is short",
        "execution/list_sizes.py",
        "return value if type(value) is int and 0 < value <= self.max_size else self.max_size",
        "return value if type(value) is int and 0 < value <= self.max_size else 1",
        LIMIT_TESTS,
    ),
    # ------------------------------------------------------------------------------------------------------ the audit
    Defect(
        "who changed something is not noted",
        "resolvers/context.py",
        "self.principal.api_key.id if audited else None",
        "None",
        AUDIT_TESTS,
    ),
    Defect(
        "what was noted can be replaced",
        "migrations/versions/0011_audit_holds.py",
        "EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id OR rowid = NEW.rowid)",
        "EXISTS (SELECT 1 FROM audit_event WHERE rowid = NEW.rowid)",
        AUDIT_TESTS,
    ),
    Defect(
        "rotating secrets is noted as a change",
        "operating/secret_rotation.py",
        "record_as_actor(session, ROTATION_ACTOR)",
        "record_as_actor(session, None)",
        AUDIT_TESTS,
    ),
    # -------------------------------------------------------------------------------------------------------- campaigns
    Defect(
        "what a spreadsheet takes for a formula is sent as it is",
        "calling/csv_output.py",
        'return f"\'{cell}" if is_formula else cell',
        "return cell",
        campaign_tests("import"),
    ),
    Defect(
        "one open time zone is enough, of several in which a number may be",
        "calling/local_hours.py",
        "return all(hours.contains(local) for local in locals_ for hours in self.hours)",
        "return any(all(hours.contains(local) for hours in self.hours) for local in locals_)",
        campaign_tests("calling_hours"),
    ),
    Defect(
        "a campaign's windows widen the operator's hours",
        "calling/campaign_settings.py",
        "LocalHours((own_hours(campaign), calling_hours.hours_of(e164)), time_zones)",
        "LocalHours((own_hours(campaign),), time_zones)",
        campaign_tests("claim_checks", "wait_reasons"),
    ),
    Defect(
        "a number is called a fourth time within 24 hours",
        "calling/contact_admission.py",
        "if len(recent) < MAX_ATTEMPTS_A_DAY:",
        "if len(recent) <= MAX_ATTEMPTS_A_DAY:",
        campaign_tests("wait_reasons"),
    ),
    Defect(
        "campaigns use a trunk up to its limit",
        "calling/trunk_room.py",
        "return max(1, int(max_concurrent_calls * share))",
        "return max_concurrent_calls",
        campaign_tests("wait_reasons", "pace"),
    ),
    Defect(
        "the budget of an organization above does not hold",
        "dialing/call_budgets.py",
        "self._budgets_of[budget.organization_id].append(budget.id)",
        "self._budgets_of[budget.id].append(budget.id)",
        campaign_tests("pace"),
    ),
    Defect(
        "a number of a pool is used once more than its cap of the day",
        "calling/number_pool.py",
        "if recent >= number.calls_per_day:",
        "if recent > number.calls_per_day:",
        ("tests/calling/test_number_pool.py",),
    ),
    Defect(
        "an entry holds for its own organization alone",
        "models/suppression.py",
        "suppression.organization_id == ancestry.c.ancestor_id",
        "suppression.organization_id == ancestry.c.organization_id",
        campaign_tests("claim_checks"),
    ),
    Defect(
        "an edit overwrites one that it does not know",
        "calling/campaign_edit.py",
        "    _require_revision(campaign, expected_revision)\n",
        "",
        campaign_tests("life"),
    ),
    Defect(
        "a campaign whose calls fail goes on",
        "dialing/campaign_pauses.py",
        "if counts.ended >= MIN_ENDED and counts.failed * 2 >= counts.ended:",
        "if counts.ended >= MIN_ENDED and counts.failed > counts.ended:",
        campaign_tests("life"),
    ),
    Defect(
        "half of the calls may fail without a pause",
        "dialing/campaign_pauses.py",
        "counts.failed * 2 >= counts.ended",
        "counts.failed * 2 > counts.ended",
        campaign_tests("pauses"),
    ),
    Defect(
        "a window that has closed is not seen at the claim",
        "calling/attempt_claim.py",
        "if call.window_ends_at and call.window_ends_at <= at:",
        "if call.window_ends_at is at:",
        campaign_tests("claim_checks"),
    ),
    Defect(
        "an attempt is dialed after a pause",
        "dialing/claim_checks.py",
        "        if campaign is None:\n            return EndReason.CANCELLED\n",
        "        if campaign is None:\n            return None\n",
        campaign_tests("claim_checks"),
    ),
    Defect(
        "a claim forgets how many calls it has claimed",
        "calling/attempt_claim.py",
        "or counts.live_calls > campaign.max_concurrent_calls",
        "or counts.live_calls < 0",
        campaign_tests("claim_checks"),
    ),
    Defect(
        "the dry run does not know who is suppressed",
        "calling/group_decisions.py",
        " or refuse_suppressed(group.is_suppressed)",
        "",
        campaign_tests("preview"),
    ),
    Defect(
        "campaigns call at any hour (R17)",
        "dialing/due_contacts.py",
        "prefixes = find_open_prefixes(campaign, self.calling_hours, time_zones, self.at)",
        'prefixes = {"+": True}',
        CAMPAIGN_MODEL_TESTS,
    ),
    Defect(
        "the operator's calling hours are not asked (R17)",
        "calling/open_prefixes.py",
        "LocalHours((hours,), time_zones).is_open(at) for prefix",
        "True for prefix",
        CAMPAIGN_MODEL_TESTS,
    ),
    Defect(
        "what waits is dialed after its window has closed (R17)",
        "calling/attempt_claim.py",
        "if call.window_ends_at and call.window_ends_at <= at:",
        "if False:",
        CAMPAIGN_MODEL_TESTS,
    ),
    Defect(
        "a contact is called again without end (R18)",
        "migrations/versions/0025_attempts.py",
        'f"attempt_count < (SELECT max_attempts {OF_CAMPAIGN}) AND',
        'f"(1 = 1) AND',
        CAMPAIGN_MODEL_TESTS,
    ),
    Defect(
        "campaigns leave no room in a trunk (R19)",
        "calling/trunk_room.py",
        "at_once = calls_at_once(load.max_concurrent_calls, share) - load.attempts",
        "at_once = load.max_concurrent_calls - load.attempts",
        CAMPAIGN_MODEL_TESTS,
    ),
]

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
