"""Test that no tenant's input injects anything into the SIP stack, and what a process taken over could not do."""

import asyncio
import json
import os
import re
import string
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from models import MediaEncryption, SipTransport
from telephony import confinement, sip_process
from telephony.baresip_native import NEEDED_MODULES
from telephony.engine import FORBIDDEN_USERNAME_CHARACTERS, CallNotPlaced, Carrier, Progress
from telephony.sip_accounts import InvalidAccount, build_account, to_uri
from telephony.sip_engine import SipEngine
from telephony.sip_message import SipMessage
from tests.telephony.digest import digest_response
from tests.telephony.observed_engine import AGENT_NUMBER, ObservedEngine
from tests.telephony.scripted_carrier import ScriptedCarrier, scripted_carrier
from tests.telephony.sipp import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHALLENGE = 'WWW-Authenticate: Digest realm="carrier", nonce="abc", algorithm=MD5, qop="auth"'
ATTACKS = (
    "x;audio_player=aufile,taken;z=1",
    "x;audio_source=aufile,/etc/passwd;z=1",
    "x;outbound=sip:127.0.0.1:6666;z=1",
    "x;stunserver=stun:127.0.0.1;medianat=stun;z=1",
    'x";auth_user="y',
    "%22%3Bx\\",
    "  spaces ",
)
PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)
PASSWORDS = PRINTABLE | st.sampled_from(ATTACKS)
USERNAMES = PASSWORDS.filter(lambda name: not FORBIDDEN_USERNAME_CHARACTERS & set(name))
DESKS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=":@/?;[]&=+$,%"), min_size=1)
# A name with something after it, and addresses, of which IPv6 has a way to say on which interface.
HOSTS = (
    st.from_regex(r"[a-z]{1,9}[;>@ ?\"][a-z=]{1,9}", fullmatch=True)
    | st.ip_addresses().map(str)
    | st.from_regex(r"fe80::[0-9]%[a-z]{0,3}[;>@=][a-z=]{1,9}", fullmatch=True)
)
TORTURE = os.environ.get("DIALTREE_TORTURE") == "1"
UNREACHABLE = ("127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "240.0.0.1")
Way = tuple[str, SipTransport]
WAYS: list[Way] = [(address, transport) for address in UNREACHABLE for transport in SipTransport]
FAILING = [way for way in WAYS if way[0] in {"127.0.0.1", "::1"} and way[1] is not SipTransport.UDP]  # at once


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def engine() -> AsyncIterator[ObservedEngine]:
    async with ObservedEngine(SipEngine()) as observed:
        yield observed


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def carrier() -> AsyncIterator[ScriptedCarrier]:
    async with scripted_carrier() as one:
        yield one


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(username=USERNAMES, password=PASSWORDS, desk=DESKS)
async def test_a_challenge_is_answered_with_the_very_credentials(
    engine: ObservedEngine, carrier: ScriptedCarrier, username: str, password: str, desk: str
) -> None:
    to = f"sip:{desk}@127.0.0.1:{carrier.port}"
    call = engine.new_call(carrier.port, host="127.0.0.1", username=username, password=password, to=to)
    seen = {message.call_id for message in carrier.received}
    await engine.port.place_call(call)
    invite = await next_invite(carrier, lambda each: each.call_id not in seen)
    assert AGENT_NUMBER in invite.headers["from"]
    carrier.reply(invite, "401 Unauthorized", CHALLENGE)
    again = await next_invite(carrier, lambda each: each.call_id == invite.call_id and "authorization" in each.headers)
    assert unquote(again.start_line[1].removesuffix(";transport=udp")) == to
    assert is_digest_of(again, username, password)
    carrier.reply(again, "486 Busy Here")
    assert (await engine.wait_for_call(call.reference, Progress.ENDED)).sip_status == 486


async def next_invite(carrier: ScriptedCarrier, fits: Callable[[SipMessage], bool]) -> SipMessage:
    """Return the next INVITE that fits; on a slow machine others are retransmitted."""
    while not fits(invite := await carrier.next_request("INVITE")):
        pass
    return invite


def is_digest_of(invite: SipMessage, username: str, password: str) -> bool:
    """Tell whether the digest response is that of these credentials."""
    sent = dict(re.findall(r'(\w+)="?((?<=")[^"]*|[^",]+)', invite.headers["authorization"]))
    expected = {"username": username, "realm": "carrier", "nonce": "abc", "qop": "auth"}
    return (sent["username"], sent["response"]) == (username, digest_response(sent | expected, password))


def carrier_at(host: str, **fields: Any) -> Carrier:
    return Carrier("trk_1", host, "127.0.0.1", None, SipTransport.UDP, MediaEncryption.NONE, **fields)


@settings(max_examples=50)
@given(username=USERNAMES, password=PASSWORDS)
async def test_no_credential_is_in_the_line_that_the_stack_parses(username: str, password: str) -> None:
    bare = build_account(AGENT_NUMBER, carrier_at("sip.example.com"), "identity-0").aor()
    assert (
        build_account(
            AGENT_NUMBER, carrier_at("sip.example.com", username=username, password=password), "identity-0"
        ).aor()
        == bare
    )


@settings(max_examples=50)
@given(number=PASSWORDS, host=PASSWORDS | HOSTS)
@example(number="1", host="fe80::1%x;audio_player=aufile,taken")
async def test_neither_a_number_nor_a_host_adds_a_parameter(number: str, host: str) -> None:
    plain = build_account("1", carrier_at("example.com"), "identity-0").aor()
    line = build_account(number, carrier_at("example.com"), "identity-0").aor()
    user = line.removeprefix("<sip:").partition("@")[0]
    assert (unquote(user), line.removeprefix(f"<sip:{user}@")) == (number, plain.removeprefix("<sip:1@"))
    assert set(user) <= set(string.ascii_letters + string.digits + "+%-._~")
    try:
        line = build_account("1", carrier_at(host), "identity-0").aor()
    except InvalidAccount:
        return
    before, _, after = plain.partition("example.com")
    assert line == (f"{before}[{host}]{after}" if ":" in host else f"{before}{host}{after}")
    assert re.fullmatch(r"[A-Za-z0-9.-]+|[0-9A-Fa-f.:]+", host)


@given(target=PASSWORDS)
async def test_a_target_stays_within_its_brackets(target: str) -> None:
    assert not set(to_uri(f"sip:{target}", None)) & set('<>"\\ \r\n\t')


async def test_a_process_that_was_taken_over_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "dialtree.db"
    database.write_bytes(b"rows")
    monkeypatch.setenv("DIALTREE_SECRET_KEYS", "secret")
    monkeypatch.setattr(sip_process, "PROGRAM", ("-m", "tests.telephony.faulty_user_agent", "taken", str(database)))
    async with ObservedEngine(SipEngine()) as taken:
        with pytest.raises(CallNotPlaced):
            await taken.port.place_call(taken.new_call(free_port()))
    report = json.loads(next(line for line in capsys.readouterr().err.splitlines() if line.startswith("{")))
    assert set(report["attacks"].values()) == {"PermissionError"}, report["attacks"]
    assert set(report["modules"]) == NEEDED_MODULES
    assert set(report["environment"]) <= {"PYTHONPATH", "LC_CTYPE"}
    assert report["limits"] == [[0, 0], [0, 0]]
    assert report["descriptors"] <= confinement.MAX_DESCRIPTORS
    assert database.read_bytes() == b"rows"


async def test_without_landlock_nothing_grows_all_the_same(tmp_path: Path) -> None:
    """As on macOS, or on a kernel without Landlock."""
    program = (
        "from telephony import confinement\n"
        "confinement.limit_resources()\n"
        "try: open('file', 'wb', 0).write(b'x')\n"
        "except OSError as refused: print(refused.strerror)"
    )
    probe = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        cwd=tmp_path,
        env={"PYTHONPATH": str(confinement.PROJECT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert (await probe.communicate())[0] == b"File too large\n"
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.torture
async def test_carriers_that_cannot_be_reached_hurt_nobody() -> None:
    await (unreachable_carriers(WAYS, 900) if TORTURE else unreachable_carriers(FAILING, 40))


async def unreachable_carriers(ways: list[Way], many: int) -> None:
    """Check that every call ends by itself or by hanging up, and that the process that dialed them still works."""
    async with ObservedEngine(SipEngine()) as sip, scripted_carrier() as alive:
        first = sip.new_call(alive.port, host="127.0.0.1")
        await sip.port.place_call(first)
        ringing = await alive.next_request("INVITE")
        before = {each.pid for each in sip.port._pool.processes}  # type: ignore[attr-defined]
        await asyncio.gather(*(dialed_in_vain(sip, number, ways[number % len(ways)]) for number in range(many)))
        assert before <= {each.pid for each in sip.port._pool.processes}  # type: ignore[attr-defined]
        alive.reply(ringing, "486 Busy Here")
        assert (await sip.wait_for_call(first.reference, Progress.ENDED)).sip_status == 486


async def dialed_in_vain(sip: ObservedEngine, number: int, way: Way) -> None:
    address, transport = way
    call = sip.new_call(
        free_port(), host=f"carrier-{number}.example", address=address, transport=transport, username="us", password="x"
    )
    try:
        await sip.port.place_call(call)
    except CallNotPlaced:
        return
    await sip.port.hang_up(call.reference)
    await sip.wait_for_call(call.reference, Progress.ENDED)
