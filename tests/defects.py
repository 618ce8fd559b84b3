"""Defects seeded into the rules, one at a time in a copy of the project: each must make a test fail.

`python tests/defects.py` seeds them all, or those whose names are given; it fails where one survives.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "node_modules", "*.db*", "*.key"
)
TESTS = ("tests/calling", "tests/resolvers", "tests/isolation/test_not_found.py", "tests/isolation/test_oracle.py")
ADMITTED = ("tests/serving/test_admission.py",)
ARRIVING = ("tests/serving/test_arriving.py",)
LIMITED = ("tests/serving/test_limits.py",)
AUDITED = ("tests/resolvers/test_audit_events.py",)
DIALED = ("tests/calling/test_dialer.py",)
SOME_FAILED = 1


@dataclass(frozen=True)
class Defect:
    """`text` stands exactly once in `file`; with `replacement` in its place the rule named is broken.

    `tests` are those that must catch it.
    """

    name: str
    file: str
    text: str
    replacement: str
    tests: Sequence[str] = TESTS

    def seeded(self, source: str) -> str:
        if source.count(self.text) != 1:
            raise ValueError(f"{self.name}: its text stands {source.count(self.text)} times in {self.file}, not once")
        return source.replace(self.text, self.replacement)


class NothingRan(Exception):
    """The tests could not be run, which tells nothing of any defect."""


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(ROOT, folder / "dialtree", ignore=LEFT_BEHIND))


def failing_test(tree: Path, tests: Sequence[str]) -> str | None:
    """The first test that fails in the tree; None where all pass."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIALTREE_")}
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", "--tb=no", *tests]
    environment = kept | {"COLUMNS": "1000", "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", run.stdout, re.MULTILINE)
    if run.returncode == 0:
        return None
    if run.returncode != SOME_FAILED or failed is None:
        raise NothingRan(run.stdout[-2000:] + run.stderr[-2000:])
    return failed[1]


def catching_test(defect: Defect, tree: Path, tests: Sequence[str] = ()) -> str | None:
    """The first test that fails with the defect in the tree, which is left as it was; None where it survives."""
    file = tree / defect.file
    source = file.read_text()
    file.write_text(defect.seeded(source))
    try:
        return failing_test(tree, tests or defect.tests)
    finally:
        file.write_text(source)


def main(names: Sequence[str]) -> int:
    chosen = [defect for defect in DEFECTS if not names or defect.name in names]
    with TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        if failed := failing_test(tree, sorted({test for defect in chosen for test in defect.tests})):
            say(f"Without any defect {failed} fails already.")
            return 2
        survivors = [defect.name for defect in chosen if not told(defect, catching_test(defect, tree))]
    say(f"{len(chosen) - len(survivors)} of {len(chosen)} defects were caught.")
    return 1 if survivors else 0


def told(defect: Defect, caught: str | None) -> bool:
    say(f"{defect.name}: {f'caught by {caught}' if caught else 'SURVIVED'}")
    return caught is not None


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


STEPS = "calling/outbound_number.py"
REFERENCE = "calling/agent_reference.py"
CREATION = "calling/outbound_conversation.py"
NUMBERS = "models/phone_number.py"
STREAMS = "models/number_streams.py"
CHOOSING = "models/choosing.py"

DEFECTS = [
    # ------------------------------------------------------------------------------------------- who sees which number
    Defect(
        "a number is lent to siblings of its owner",
        NUMBERS,
        "line.join(number, line.c.ancestor_id == number.c.organization_id)",
        """line.join(number, sa.or_(
                line.c.ancestor_id == number.c.organization_id,
                sa.and_(
                    line.c.distance == 1,
                    line.c.organization_id != number.c.organization_id,
                    line.c.ancestor_id == sa.literal_column(
                        "(SELECT parent_id FROM organization WHERE id = phone_number.organization_id)"
                    ),
                ),
            ))""",
    ),
    Defect(
        "a number is lent upwards, to the ancestors of its owner",
        NUMBERS,
        "number, line = cls.__table__, lineage(organization_ids)",
        """number, down, self = cls.__table__, below(organization_ids), sa.table("organization", sa.column("id"))
        line = sa.union_all(
            sa.select(
                self.c.id.label("organization_id"), self.c.id.label("ancestor_id"), sa.literal(0).label("distance")
            ).where(self.c.id.in_(organization_ids)),
            sa.select(down.c.organization_id, down.c.descendant_id, sa.literal(1)),
        ).subquery()""",
    ),
    Defect(
        "a number is lent whether shareable or not",
        NUMBERS,
        ".where(visible)",
        ".where(sa.true())",
    ),
    Defect(
        "a list shows what an ancestor does not share",
        STREAMS,
        "borrowed = [shared == sa.true(), ",
        "borrowed = [",
    ),
    Defect(
        "a list leaves out what the third organization above shares",
        STREAMS,
        "for distance in range(1, NEAR)]",
        "for distance in range(1, NEAR - 1)]",
    ),
    Defect(
        "a list leaves out what the fourth organization above shares",
        STREAMS,
        "line.c.distance >= NEAR",
        "line.c.distance > NEAR",
    ),
    Defect(
        "a number that is sought by all its digits is found whoever owns it",
        "models/number_search.py",
        "whose = checked([number.c.organization_id == line.c.ancestor_id, number.c.shareable == shared], number)",
        "whose = [line.c.distance == 0]",
    ),
    Defect(
        "the owner's business shows on a borrowed number",
        NUMBERS,
        "*(sa.case((own, number.c[name])).label(name) for name in OWNERS_BUSINESS)",
        "*(number.c[name] for name in OWNERS_BUSINESS)",
    ),
    Defect(
        "what switching sharing off would touch shows on a borrowed number",
        NUMBERS,
        'sa.case((own, number.c.id)).label("owned_id")',
        'number.c.id.label("owned_id")',
    ),
    Defect(
        "the slots of a borrowed number are readable",
        "schema/phone_number.py",
        'description, when="owned"',
        'description, when="id"',
    ),
    Defect(
        "an answer is kept whatever happens meanwhile",
        "serving/kept_answers.py",
        "return all(now.get(table, UNCHANGED) == number for table, number in self.revisions.items())",
        "return True",
    ),
    Defect(
        "an answer is kept for whoever asks the same",
        "serving/kept_answers.py",
        "whoever = repr(tuple(self.context.caller.api_key))",
        'whoever = ""',
    ),
    Defect(
        "a filter on slots matches borrowed numbers",
        "resolvers/number_filter.py",
        'OF_OWN_NUMBERS = ("outbound_assigned", ',
        "OF_OWN_NUMBERS = (",
    ),
    Defect(
        "any number can be had by its id",
        "resolvers/nodes.py",
        "seen.c.id.in_(identifiers), sa.or_(as_owner, as_oneself)",
        "seen.c.id.in_(identifiers)",
    ),
    Defect(
        "a key without CHILD_ORGANIZATIONS_MANAGE acts for what lies below",
        "models/lineage.py",
        "        if not self.below:\n",
        "        if False:\n",
    ),
    Defect(
        "the numbers of an organization above are listed",
        "resolvers/pages.py",
        "organization.id.in_(parents), reach.covers(organization.id, parents)",
        "organization.id.in_(parents)",
    ),
    # -------------------------------------------------------------------------------------------------- the four steps
    Defect(
        "the agent's version decides before agentNumber",
        STEPS,
        """    OutboundNumberRule.AGENT_NUMBER: agent_number,
    OutboundNumberRule.AGENT_VERSION: agent_version,
""",
        """    OutboundNumberRule.AGENT_VERSION: agent_version,
    OutboundNumberRule.AGENT_NUMBER: agent_number,
""",
    ),
    Defect(
        "of several numbers the latest assigned is chosen",
        CHOOSING,
        "can_dial.desc(), number.outbound_assigned_at, number.id",
        "can_dial.desc(), number.outbound_assigned_at.desc(), number.id",
    ),
    Defect(
        "of several numbers one that can dial is not preferred",
        CHOOSING,
        "can_dial.desc(), number.outbound_assigned_at, number.id",
        "number.outbound_assigned_at, number.id",
    ),
    Defect(
        "an unknown agentNumber falls through to the fallback",
        STEPS,
        "decided.verdict is StepVerdict.REFUSED and decided.rule is not OutboundNumberRule.AGENT_NUMBER",
        "decided.verdict is StepVerdict.REFUSED",
    ),
    Defect("the fallback is always allowed", STEPS, "and left and question.allow_fallback", "and left"),
    Defect(
        "the fallback takes a borrowed number",
        CHOOSING,
        "own = PhoneNumber.by_owner().where(number.organization_id == organization_id, can_dial, slot)",
        "own = PhoneNumber.seen_by([organization_id]).where(can_dial, slot)",
    ),
    Defect(
        "the fallback prefers numbers with an agent",
        STEPS,
        "numbers += await fallback_assigned(session, question.organization_id)",
        "numbers = [*await fallback_assigned(session, question.organization_id), *numbers]",
    ),
    Defect(
        "the fallback takes the newest number",
        CHOOSING,
        "own.order_by(number.created_at, number.id)",
        "own.order_by(number.created_at.desc(), number.id)",
    ),
    Defect(
        "a number that cannot dial is dialed from",
        STEPS,
        "if not resolution.number.outbound_capable:",
        "if False:",
    ),
    # ------------------------------------------------------------------------------------------------ the agent that speaks
    Defect(
        "a borrowed number lends its owner's agent",
        STEPS,
        """    bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER and number.owned
    if not bound or number.outbound_agent_version_id is None:
        raise agent_required(number)
    (version,) = await own_version(session, number.organization_id, number.outbound_agent_version_id)
""",
        """    bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER
    whole = (await session.execute(__import__("models").PhoneNumber.called(number.e164))).one()
    if not bound or whole.outbound_agent_version_id is None:
        raise agent_required(number)
    (version,) = await own_version(session, whole.organization_id, whole.outbound_agent_version_id)
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
        ".where(version.c.agent_id.in_(agent_ids), version.c.published_at.is_not(None))",
        ".where(version.c.agent_id.in_(agent_ids))",
    ),
    Defect(
        "another organization's agent speaks",
        CHOOSING,
        "where(version.id == version_id, version.organization_id == organization_id)",
        "where(version.id == version_id, organization_id == organization_id)",
    ),
    Defect(
        "a version of another agent goes with agentId",
        REFERENCE,
        "if version and agent and version.agent_id != agent.id:",
        "if False:",
    ),
    Defect("agentConfig goes with another reference", REFERENCE, "if sent.config is None or (", "if True or ("),
    # ---------------------------------------------------------------------------------------------------------- slots
    Defect(
        "publishing clears the slots of other agents",
        "calling/slots.py",
        'if getattr(number, f"{slot}_agent_version_id") in versions:',
        "if True:",
    ),
    Defect(
        "publishing writes to anybody's numbers",
        NUMBERS,
        "where(number.organization_id == organization_id, number.e164.in_(e164s))",
        "where(number.e164.in_(e164s))",
    ),
    Defect(
        "writing what a slot holds already assigns it anew",
        "calling/slots.py",
        '    if getattr(number, f"{slot}_agent_version_id") == version_id:\n        return\n',
        "",
    ),
    # ------------------------------------------------------------------------------------------ numbers and conversations
    Defect(
        "anybody switches sharing",
        "resolvers/phone_numbers.py",
        "reach.holds(PhoneNumber, [phone_number_id])",
        "reach.holds(PhoneNumber, [phone_number_id]) | (number.id == phone_number_id)",
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
        "if await transaction.session.scalar(Conversation.live_on(phone_number_id)):",
        "if False:",
    ),
    Defect("an idempotency key creates again", CREATION, "    if first:\n", "    if False:\n"),
    Defect(
        "another input under a used key is answered with the first conversation",
        CREATION,
        "if first and first.input_digest != digest:",
        "if False:",
    ),
    Defect(
        "idempotency keys are everybody's",
        "models/conversation.py",
        "Conversation.of(organization_id).where(Conversation.columns().idempotency_key",
        "sa.select(Conversation.__table__).where(organization_id == organization_id, Conversation.columns().idempotency_key",
    ),
    Defect(
        "anybody routes calls to any number",
        "calling/inbound.py",
        "covers(number.organization_id, owner)",
        "covers(number.organization_id, owner) | True",
    ),
    Defect(
        "an inactive agent answers",
        "calling/inbound.py",
        "if version is None or not version.agent_active:",
        "if version is None:",
    ),
    # ---------------------------------------------------------------------------------------------- what is acknowledged
    Defect(
        "a commit is acknowledged before it is synced",
        "models/sqlite.py",
        '"synchronous": 2',
        '"synchronous": 1',
        ("tests/crashes/test_synced.py",),
    ),
    Defect(
        "a create is acknowledged before it is committed",
        "models/writer.py",
        "                    write.carry_out(connection)\n",
        """                    write.carry_out(connection)
                self._loop.call_soon_threadsafe(self._tell, group)
                __import__("time").sleep(0.1)
""",
        ("tests/crashes/test_killed.py",),
    ),
    Defect(
        "a call that was being dialed is dialed again after a restart",
        "calling/dialer.py",
        "                self._chronicle.note(standing or Ended(reference, EndReason.ENGINE_LOST))\n",
        """                if standing is None:
                    import models, sqlalchemy
                    from models.dialing import trunk_to_dial
                    conversation = models.Conversation.__table__
                    async with self._database.read() as session:
                        known = sqlalchemy.select(conversation).where(conversation.c.id == reference)
                        call = (await session.execute(known)).one()
                        way = trunk_to_dial(call.organization_id, call.phone_number_id)
                        trunk = (await session.execute(way)).one()
                    await self._place(Claimed(call, server_id, trunk, {}, 0.0))
                    return
                self._chronicle.note(standing)
""",
        ("tests/crashes/test_killed.py",),
    ),
    Defect(
        "who retries under a key is given another conversation",
        CREATION,
        "        idempotency_key=call.idempotency_key,\n",
        "        idempotency_key=None,\n",
        ("tests/crashes/test_killed.py",),
    ),
    # -------------------------------------------------------------------------------------------------- placing calls
    Defect(
        "a trunk that has lost its outbound configuration is dialed over",
        "models/dialing.py",
        "        .where(trunk.c.outbound_address.is_not(None))\n",
        "",
        DIALED,
    ),
    Defect(
        "what was begun before a crash is waited for in vain",
        "calling/dialer.py",
        "self._chronicle.note(standing or Ended(reference, EndReason.ENGINE_LOST))",
        "standing and self._chronicle.note(standing)",
        ("tests/calling/test_crash.py",),
    ),
    Defect(
        "the callee sees their own number",
        "calling/dialer.py",
        "agent_number=call.agent_number,",
        "agent_number=call.user_number,",
        DIALED,
    ),
    Defect(
        "a trunk carries more calls than it may",
        "calling/claiming.py",
        "room = trunk.max_concurrent_calls - ",
        "room = 1000 + ",
        DIALED,
    ),
    Defect(
        "private addresses are dialed",
        "calling/reaching.py",
        "if self._private or is_public(each)",
        "if each",
        DIALED,
    ),
    Defect(
        "a third party sees the caller's number",
        "calling/transferring.py",
        "agent_number=call.agent_number,",
        "agent_number=call.user_number,",
        ("tests/calling/test_transferring.py",),
    ),
    Defect(
        "anybody reports on any inbound call",
        "calling/inbound_report.py",
        "within = Reach(router, below=True).holds(Conversation, [conversation_id])",
        "within = conversation.id == conversation_id",
        ("tests/calling/test_inbound_report.py",),
    ),
    # ------------------------------------------------------------------------------------------------------- the edge
    Defect(
        "what is asked is free",
        "serving/admission.py",
        "self._spend(connection, REFUSED if prepared.errors else prepared.cost)",
        "self._spend(connection, 0)",
        ADMITTED,
    ),
    Defect(
        "what is refused is free",
        "serving/admission.py",
        "self._spend(connection, REFUSED if prepared.errors else prepared.cost)",
        "self._spend(connection, 0 if prepared.errors else prepared.cost)",
        ADMITTED,
    ),
    Defect(
        "guesses are looked up for ever",
        "serving/admission.py",
        "if limited.wait and key not in self._known:",
        "if False:",
        ADMITTED,
    ),
    Defect(
        "whoever guesses locks the owner out",
        "serving/admission.py",
        "if limited.wait and key not in self._known:",
        "if limited.wait:",
        ADMITTED,
    ),
    Defect(
        "a query goes on though its client left",
        "serving/arriving.py",
        "deadline.reschedule(0)",
        "pass",
        ARRIVING,
    ),
    Defect(
        "a stray line keeps a connection open",
        "serving/arriving.py",
        "self._expect()  # such as",
        "pass  # such as",
        ARRIVING,
    ),
    Defect(
        "trailers have no end",
        "serving/arriving.py",
        "self._beside += self._coming",
        "self._beside += 0 if self.cycle else self._coming",
        ARRIVING,
    ),
    Defect(
        "pages of other origins open sockets",
        "serving/sockets.py",
        "    websocket_adapter_class = Frames\n",
        "    websocket_adapter_class = Frames\n    _check_websocket_origin = lambda *_: True\n",
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
        "serving/frames.py",
        "if wrong := fault(frame):",
        'if wrong := "":',
        ("tests/serving/test_any_bytes.py",),
    ),
    Defect(
        "what was sent is printed again in an error",
        "serving/answering.py",
        "return _error(error, _without_values(error),",
        "return _error(error, error.message,",
        LIMITED,
    ),
    Defect("each limit is one more", "execution/bounds.py", "if found > most:", "if found > most + 1:", LIMITED),
    Defect(
        "a page whose size cannot be read is short",
        "execution/sizes.py",
        "return value if type(value) is int and 0 < value <= self.largest else self.largest",
        "return value if type(value) is int and 0 < value <= self.largest else 1",
        LIMITED,
    ),
    # ------------------------------------------------------------------------------------------------------ the audit
    Defect(
        "who changed something is not noted",
        "resolvers/context.py",
        "self.caller.api_key.id if audited else None",
        "None",
        AUDITED,
    ),
    Defect(
        "what was noted can be replaced",
        "migrations/versions/0011_audit_holds.py",
        "EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id OR rowid = NEW.rowid)",
        "EXISTS (SELECT 1 FROM audit_event WHERE rowid = NEW.rowid)",
        AUDITED,
    ),
    Defect(
        "rotating secrets is noted as a change",
        "operating/rotation.py",
        "acting(session, ROTATION)",
        "acting(session, None)",
        AUDITED,
    ),
]

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
