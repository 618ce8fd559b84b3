"""`python server.py …` as an operator runs it: real processes in a folder of their own, beside a running server."""

import json
import os
import re
import secrets
import socket
import stat
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import PIPE

import pytest

from models import Scope
from models.encryption import SecretBox
from server import main
from serving.settings import ENV_PREFIX, Settings
from tests.databases import DatabaseForTests, create_empty
from tests.installation import Client, Json
from tests.server_process import (
    SERVER,
    Outcome,
    ServerProcess,
    environment_of,
    run_command,
    run_server_in,
    start_command,
)

Command = Callable[..., Outcome]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The same without a process of its own, for tables: starting Python takes longer than any command."""

    def call(folder: Path, *arguments: str, **environment: str) -> Outcome:
        for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["server.py", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out.splitlines(), said.err.splitlines()

    return call


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dialtree")


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[DatabaseForTests]:
    with closing(create_empty(folder)) as created:
        yield created


@pytest.fixture(scope="module")
def kept(store: DatabaseForTests) -> dict[str, str]:
    """The settings of the commands, and of the server."""
    return environment_of(store)


@pytest.fixture(scope="module")
def up_to_date(store: DatabaseForTests) -> Outcome:
    return (0, [f"{Settings.model_validate(store.settings).database_name} is up to date."], [])


@pytest.fixture(scope="module")
def keys(folder: Path, kept: dict[str, str], up_to_date: Outcome) -> dict[str, str]:
    """What `make run` does first: migrate, and plant the demo tree in what is empty. Its keys, by organization."""
    assert run_command(folder, "migrate", **kept) == up_to_date
    status, said, complaints = run_command(folder, "demo", **kept)
    assert (status, complaints) == (0, [])
    (folder / "demo.txt").write_text("\n".join(said))
    return dict(re.findall(r"^ +(\S.*\S) +(ak_\S+)$", "\n".join(said), re.MULTILINE))


@pytest.fixture(scope="module")
def served(folder: Path, keys: dict[str, str], store: DatabaseForTests) -> Iterator[ServerProcess]:
    assert keys
    server = ServerProcess(folder, store=store)
    yield server
    server.stop()
    server.join()


def client(served: ServerProcess, secret: str) -> Client:
    someone = served.client(secret)
    someone.organization_id = someone("{ viewer { organization { id } } }")["viewer"]["organization"]["id"]
    return someone


# ------------------------------------------------------------------------------------------------ the commands


def test_serve_says_where_and_answers_there(served: ServerProcess) -> None:
    assert f"{served.url}/graphql" in served.said
    answer = served.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_serve_says_the_port_that_it_was_given_by_the_system(tmp_path: Path) -> None:
    """Port 0 lets the system choose: what is printed must be where it is reached."""
    process = start_command(tmp_path, "serve", DIALTREE_PORT="0")
    assert process.stdout is not None
    address = re.search(r"http://127\.0\.0\.1:(\d+)/graphql", process.stdout.readline())
    process.terminate()
    process.communicate(timeout=60)
    assert address is not None
    assert int(address[1]) > 0


def test_migrating_again_beside_a_server_changes_nothing(
    served: ServerProcess, folder: Path, command: Command, kept: dict[str, str], up_to_date: Outcome
) -> None:
    before = served.contents()
    assert command(folder, "migrate", **kept) == up_to_date
    assert served.contents() == before
    assert served.http.get("/healthz").status_code == 200


def test_the_demo_prints_a_key_for_each_organization_and_a_query_that_works(
    served: ServerProcess, folder: Path, keys: dict[str, str]
) -> None:
    assert list(keys) == ["Northwind", "Harbor Clinics", "Harbor Dental", "Contoso"]
    for name, key in keys.items():
        viewer = served.client(key)("{ viewer { organization { name } scopes } }")["viewer"]
        assert viewer["organization"] == {"name": name}
        assert len(viewer["scopes"]) == len(Scope)
    said = (folder / "demo.txt").read_text()
    assert "http://127.0.0.1:8000/graphql" in said
    pasted = re.search(r"Bearer (ak_\S+)'.*-d '(\{.*\})'", said, re.DOTALL)
    assert pasted is not None
    assert pasted[1] == keys["Harbor Clinics"]
    assert len(served.client(pasted[1])(json.loads(pasted[2])["query"])["phoneNumbers"]["nodes"]) == 6


def test_r16_the_demo_has_a_paused_campaign_that_could_be_started(served: ServerProcess, keys: dict[str, str]) -> None:
    """Three contacts are suppressed, and of one nobody knows the time zone; nobody was called."""
    clinics = client(served, keys["Harbor Clinics"])
    (campaign,) = clinics(
        "{ campaigns { nodes { status pauseReason contacts { totalCount } pool { e164 } preview { dialable notReady { code }"
        " refused { code contacts } byZone { timeZone contacts } } statistics { attempts } } } }"
    )["campaigns"]["nodes"]
    preview = campaign.pop("preview")
    assert campaign == {
        "status": "PAUSED",
        "pauseReason": "ASKED",
        "contacts": {"totalCount": 40},
        "pool": [{"e164": "+12065550100"}, {"e164": "+15551234567"}],
        "statistics": {"attempts": 0},
    }
    assert preview.pop("refused") == [
        {"code": "NUMBER_SUPPRESSED", "contacts": 3},
        {"code": "TIME_ZONE_UNKNOWN", "contacts": 1},
    ]
    zones = ("America/Chicago", "America/Denver", "America/Los_Angeles", "America/New_York")
    assert sorted(preview.pop("byZone"), key=lambda each: each["timeZone"]) == [
        {"timeZone": zone, "contacts": 9} for zone in zones
    ]
    assert preview == {"dialable": 36, "notReady": []}
    assert clinics("{ suppressions { totalCount } }")["suppressions"]["totalCount"] == 3


def test_the_demo_leaves_a_filled_database_alone_and_says_so(
    served: ServerProcess, folder: Path, keys: dict[str, str], command: Command, kept: dict[str, str]
) -> None:
    before = served.contents()
    status, said, complaints = command(folder, "demo", **kept)
    assert (status, complaints) == (0, [])
    assert "holds data already" in said[0]
    assert "server.py create-key" in said[0]
    assert not [key for key in keys.values() if key in "\n".join(said)]
    assert "ak_" not in "\n".join(said)
    assert served.contents() == before
    assert served.http.get("/healthz").status_code == 200


def test_create_organization_makes_a_root_with_an_admin_key(
    served: ServerProcess, folder: Path, command: Command, kept: dict[str, str]
) -> None:
    status, said, complaints = command(folder, "create-organization", "Fabrikam", "--slug", "fabrikam", **kept)
    assert (status, complaints) == (0, [])
    key = re.findall(r"ak_\S+", "\n".join(said))
    assert len(key) == 1
    viewer = served.client(key[0])("{ viewer { organization { id name slug parent { id } } scopes } }")["viewer"]
    assert viewer["organization"] == {
        "id": re.findall(r"org_\w+", "\n".join(said))[0],
        "name": "Fabrikam",
        "slug": "fabrikam",
        "parent": None,
    }
    assert len(viewer["scopes"]) == len(Scope)


def test_create_organization_answers_json_in_its_last_line(served: ServerProcess) -> None:
    status, said, complaints = served.command("create-organization", "Tailspin", "--slug", "tailspin", "--json")
    assert (status, complaints) == (0, [])
    made = json.loads(said[-1])
    assert made.keys() == {"organizationId", "apiKey"}
    viewer = served.client(made["apiKey"])("{ viewer { organization { id slug } } }")["viewer"]
    assert viewer == {"organization": {"id": made["organizationId"], "slug": "tailspin"}}


@pytest.mark.parametrize("named", ["id", "slug"])
def test_create_key_lets_an_operator_in_again_whose_keys_are_lost(
    served: ServerProcess, keys: dict[str, str], command: Command, kept: dict[str, str], named: str
) -> None:
    owner = client(served, keys["Contoso"]).organization_id
    status, said, complaints = command(served.folder, "create-key", {"id": owner, "slug": "contoso"}[named], **kept)
    assert (status, complaints, len(said)) == (0, [], 1)
    (key,) = re.findall(r"ak_\S+", said[0])
    viewer = served.client(key)("{ viewer { organization { id } scopes } }")["viewer"]
    assert (viewer["organization"]["id"], len(viewer["scopes"])) == (owner, len(Scope))


def test_create_key_hands_on_the_scopes_that_are_named_and_answers_json(
    served: ServerProcess, folder: Path, keys: dict[str, str], command: Command, kept: dict[str, str]
) -> None:
    assert keys
    scopes = ("--scope", "CALLS_ROUTE", "--scope", "AUDIT_READ")
    status, said, complaints = command(folder, "create-key", "contoso", *scopes, "--json", **kept)
    assert (status, complaints) == (0, [])
    made = json.loads(said[-1])
    assert made.keys() == {"organizationId", "apiKeyId", "apiKey"}
    viewer = served.client(made["apiKey"])("{ viewer { organization { id } scopes } }")["viewer"]
    assert viewer == {"organization": {"id": made["organizationId"]}, "scopes": ["CALLS_ROUTE", "AUDIT_READ"]}


def test_a_scope_that_is_none_is_told_with_those_that_there_are(tmp_path: Path, command: Command) -> None:
    status, _, complaints = command(tmp_path, "create-key", "contoso", "--scope", "EVERYTHING")
    assert status == 2
    said = " ".join(" ".join(complaints).split())
    assert "EVERYTHING is not a scope" in said
    assert "CHILD_ORGANIZATIONS_MANAGE" in said


def test_create_managed_trunk_makes_it_with_its_numbers(
    served: ServerProcess, folder: Path, keys: dict[str, str], command: Command, kept: dict[str, str]
) -> None:
    contoso = client(served, keys["Contoso"])
    status, said, complaints = command(
        folder,
        *("create-managed-trunk", contoso.organization_id, "Twilio", "--address", "acme.pstn.twilio.com:5061"),
        *("--number", "+1 206 555 0201", "--number", "+12065550202", "--json"),
        **kept,
    )
    assert (status, complaints) == (0, [])
    made = json.loads(said[-1])
    assert made.keys() == {"trunkId"}
    trunk = contoso(
        "query($id: ID!) { node(id: $id) { ... on Trunk { organization { name } name kind transferMode"
        " transferCallerId outbound { address authUsername } } } }",
        id=made["trunkId"],
    )["node"]
    assert trunk == {
        "organization": {"name": "Contoso"},
        "name": "Twilio",
        "kind": "MANAGED_TWILIO",
        "transferMode": "SIP_ONLY",
        "transferCallerId": "FROM_TRANSFEREE",
        "outbound": {"address": "acme.pstn.twilio.com:5061", "authUsername": None},
    }
    on_it = "query($t: ID!) { phoneNumbers(filter: {trunkId: $t}) { nodes { e164 shareable outboundCapable } } }"
    assert contoso(on_it, t=made["trunkId"])["phoneNumbers"]["nodes"] == [
        {"e164": "+12065550201", "shareable": False, "outboundCapable": True},
        {"e164": "+12065550202", "shareable": False, "outboundCapable": True},
    ]


REFUSED = {
    "a slug that is taken": ("create-organization", "Again", "--slug", "contoso"),
    "a slug that is none": ("create-organization", "Again", "--slug", "Not a slug"),
    "a blank name": ("create-organization", " ", "--slug", "blank"),
    "a number that is taken": (
        *("create-managed-trunk", "CONTOSO", "Twilio", "--address", "a.example.com"),
        *("--number", "+12065550301", "--number", "+15551234567"),
    ),
    "a number that is none": (
        *("create-managed-trunk", "CONTOSO", "Twilio", "--address", "a.example.com"),
        *("--number", "+12065550301", "--number", "5551234567"),
    ),
    "a number twice": (
        *("create-managed-trunk", "CONTOSO", "Twilio", "--address", "a.example.com"),
        *("--number", "+12065550301", "--number", "+1 206 555 0301", "--json"),
    ),
    "an address that is none": ("create-managed-trunk", "CONTOSO", "Twilio", "--address", "sip:a.example.com"),
    "a key for an organization that is none": ("create-key", "org_nobody"),
    "an organization that is none": ("create-managed-trunk", "org_nobody", "Twilio", "--address", "a.example.com"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_command_says_why_in_one_line_and_makes_nothing(
    served: ServerProcess, keys: dict[str, str], command: Command, kept: dict[str, str], what: str
) -> None:
    contoso = client(served, keys["Contoso"]).organization_id
    before = served.contents()
    way = run_command if what == "a number that is taken" else command
    outcome = way(served.folder, *(contoso if each == "CONTOSO" else each for each in REFUSED[what]), **kept)
    status, said, complaints = outcome
    assert (status, said, len(complaints)) == (1, [], 1), outcome
    assert re.fullmatch(r"server\.py: .{20,}\.", complaints[0])
    assert served.contents() == before


def test_export_schema_writes_what_is_committed(tmp_path: Path, command: Command) -> None:
    exported = SERVER.with_name("schema.graphql")
    before = exported.read_bytes()
    try:
        assert command(tmp_path, "export-schema") == (0, ["schema.graphql is written."], [])
        assert exported.read_bytes() == before
    finally:
        exported.write_bytes(before)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------- the settings

GARBAGE = "hunter2hunter2hunter2"
WRONG = {
    "DIALTREE_PORT": ["abc", "", "65536", "-1"],
    "DIALTREE_HOST": ["", " "],
    "DIALTREE_DATABASE_URL": [
        "",
        "nonsense",
        f"mysql+aiomysql://dialtree:{GARBAGE}@localhost/dialtree",
        "sqlite:///dialtree.db",
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite+aiosqlite:///nowhere/dialtree.db",
        "sqlite+aiosqlite:///dialtree.db?mode=ro",
        f"postgresql+asyncpg://dialtree@localhost/dialtree?password={GARBAGE}",
        f"postgresql+asyncpg://dialtree:{GARBAGE}@localhost/dialtree?sslmode=require",
        f"postgresql+asyncpg://dialtree:{GARBAGE}@localhost/dialtree?ssl={GARBAGE}",
    ],
    "DIALTREE_COPY_TO": ["sqlite+aiosqlite:///other.db", f"postgresql+asyncpg://localhost/x?password={GARBAGE}"],
    "DIALTREE_SECRET_KEYS": [GARBAGE, "aGVsbG8=", f"{b64encode(bytes(32)).decode()},{GARBAGE}", ","],
    "DIALTREE_ALLOWED_REGIONS": ["XX", "US,XX", "us", "United States"],
    "DIALTREE_SANDBOX_CARRIER": ["5070", "127.0.0.1", "localhost:5070", "127.0.0.1:0"],
    "DIALTREE_SIP_LISTEN": ["5060", "0.0.0.0:65536"],
    "DIALTREE_SIP_CA_FILE": ["nowhere.pem"],
    "DIALTREE_CALLING_HOURS": ["nowhere.csv"],
    "LIVEKIT_URL": ["livekit.example.com"],
    **{
        f"DIALTREE_MAX_{what}": [str(2**62 + 1), "-1"]
        for what in (
            *("QUEUED_CALLS", "API_KEYS", "PHONE_NUMBERS", "AGENTS", "AGENT_VERSIONS", "STORED_BYTES"),
            *("CONTACTS", "SUPPRESSIONS"),
        )
    },
    "DIALTREE_ALLOWED_ORIGINS": ["foo", "*", "https://", "https://a.example.com/path", "ftp://a.example.com"],
}


@pytest.mark.parametrize(("variable", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_setting_stops_the_start_with_a_line_that_names_it(
    variable: str, value: str, tmp_path: Path, command: Command
) -> None:
    status, said, complaints = command(tmp_path, "serve", **{variable: value})
    assert (status, said, len(complaints)) == (2, [], 1)
    assert complaints[0].startswith(f"server.py: {variable} ")
    assert GARBAGE not in complaints[0]
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_stops_every_command_as_a_process_too(tmp_path: Path) -> None:
    status, said, complaints = run_command(tmp_path, "migrate", DIALTREE_PORT="abc")
    assert (status, said, len(complaints)) == (2, [], 1)
    assert complaints[0].startswith("server.py: DIALTREE_PORT ")


def test_wrong_settings_are_named_each_in_a_line_of_its_own(tmp_path: Path, command: Command) -> None:
    wrong = {variable: values[0] for variable, values in WRONG.items()}
    status, _, complaints = command(tmp_path, "serve", **wrong)
    assert status == 2
    assert {line.removeprefix("server.py: ").split()[0] for line in complaints} == WRONG.keys()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIALTREE_DATABASE_URL", "sqlite+aiosqlite:///folder"),
        ("DIALTREE_DATABASE_URL", "sqlite+aiosqlite:///garbage.db"),
        ("DIALTREE_SECRET_KEYS", ""),
    ],
)
def test_what_cannot_be_opened_stops_the_start_with_a_line_that_names_its_setting(
    variable: str, value: str, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "garbage.db").write_bytes(b"garbage" * 1000)
    (tmp_path / "dialtree.key").write_text("garbage")
    status, said, complaints = command(tmp_path, "serve", **{variable: value})
    assert status != 0
    assert (said, len(complaints)) == ([], 1)
    assert variable in complaints[0]


def test_an_address_that_cannot_be_served_on_stops_the_start_with_a_line_that_names_its_setting(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wrong = {"DIALTREE_PORT": port, "DIALTREE_HOST": "192.0.2.1"}
        for variable in wrong:
            (tmp_path / variable).mkdir()
        started = {name: start_command(tmp_path / name, "serve", errors=PIPE, **{name: wrong[name]}) for name in wrong}
        ended = {variable: process.communicate(timeout=120) for variable, process in started.items()}
    for variable, (_, complaints) in ended.items():
        assert started[variable].returncode != 0
        assert len(complaints.splitlines()) == 1
        assert variable in complaints


# --------------------------------------------------------------------------------------------------- secret keys


@pytest.mark.sqlite
def test_what_a_server_writes_is_its_owners_alone_and_its_memory_is_not_dumped(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as served:
        served.root().number()
        limits = Path(f"/proc/{served.server}/limits").read_text()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir() if file != served.log}
    assert modes.keys() >= {"dialtree.db", "dialtree.db-wal", "dialtree.db-shm", "dialtree.db-lock", "dialtree.key"}
    assert set(modes.values()) == {0o600}
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


@pytest.mark.sqlite
def test_the_key_file_is_its_owners_alone_and_is_used_again(tmp_path: Path) -> None:
    """Rotated by a new key in front: what the old one sealed still opens, and the new one seals."""
    with run_server_in(tmp_path) as first:
        file = tmp_path / "dialtree.key"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        old = file.read_text().strip()
        owner = first.root()
        trunk = owner.sealed_trunk("first")
        assert first.password(trunk, SecretBox.from_text(old)) == "first"

    new = b64encode(secrets.token_bytes(32)).decode()
    with run_server_in(tmp_path, DIALTREE_SECRET_KEYS=f"{new},{old}") as rotated:
        again = rotated.client(owner.secret)
        both = SecretBox.from_text(f"{new},{old}")
        again.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound={"address": "a.example.com"})
        assert rotated.password(trunk, both) == "first"
        again.mutate_successfully(
            "updateTrunk", "__typename", trunkId=trunk, outbound={"address": "b.example.com", "authPassword": "second"}
        )
        assert rotated.password(trunk, both) == rotated.password(trunk, SecretBox.from_text(new)) == "second"
        with pytest.raises(ValueError, match="no secret key opens"):
            rotated.password(trunk, SecretBox.from_text(old))
        assert file.read_text().strip() == old


# ------------------------------------------------------------------------------------------------- the demo tree

TABLE = """{ phoneNumbers { nodes { e164 access shareable outboundCapable organization { name } trunk { kind }
  inboundSlot { agentVersion { number agent { name } } }
  outboundSlot { agentVersion { number agent { name publishedVersion { number } } } } } } }"""


@pytest.fixture(scope="module")
def tables(served: ServerProcess, keys: dict[str, str]) -> dict[str, dict[str, Json]]:
    """The Phone Numbers page of each demo organization, by number."""
    return {
        name: {node["e164"]: node for node in served.client(key)(TABLE)["phoneNumbers"]["nodes"]}
        for name, key in keys.items()
    }


def test_the_demo_shows_owned_shared_and_unshared_numbers(tables: dict[str, dict[str, Json]]) -> None:
    seen = {name: {e164: node["access"] for e164, node in table.items()} for name, table in tables.items()}
    for number in ("+12065550100", "+12065550101", "+12065550102", "+12065550103"):
        assert {name: access.get(number) for name, access in seen.items()} == {
            "Northwind": None,
            "Harbor Clinics": "OWNED",
            "Harbor Dental": None,
            "Contoso": None,
        }
    shared = tables["Harbor Clinics"]["+15551234567"]
    assert (shared["access"], shared["shareable"], shared["organization"]) == ("SHARED", True, {"name": "Northwind"})
    assert shared["outboundSlot"] is shared["inboundSlot"] is shared["trunk"] is None
    assert not tables["Northwind"]["+15551234568"]["shareable"]
    assert "+15551234568" not in tables["Harbor Clinics"]
    assert seen["Harbor Dental"] == {"+12065550104": "SHARED", "+15551234567": "SHARED"}


def test_the_demo_shows_bound_and_unbound_numbers(tables: dict[str, dict[str, Json]]) -> None:
    harbor = tables["Harbor Clinics"]
    front_desk = {"number": 1, "agent": {"name": "Front desk", "publishedVersion": {"number": 1}}}
    assert harbor["+12065550101"]["outboundSlot"] == {"agentVersion": front_desk}
    assert harbor["+12065550101"]["inboundSlot"] == {"agentVersion": {"number": 1, "agent": {"name": "Front desk"}}}
    assert harbor["+12065550100"]["outboundSlot"] == harbor["+12065550100"]["inboundSlot"] == {"agentVersion": None}


def test_the_demo_shows_a_trunk_without_an_outbound_configuration_and_a_managed_one(
    tables: dict[str, dict[str, Json]],
) -> None:
    silent = tables["Harbor Clinics"]["+12065550103"]
    assert (silent["outboundCapable"], silent["trunk"]) == (False, {"kind": "BYOC"})
    managed = tables["Northwind"]["+15551234569"]
    assert (managed["outboundCapable"], managed["trunk"]) == (True, {"kind": "MANAGED_TWILIO"})


def test_the_demo_shows_version_drift(
    tables: dict[str, dict[str, Json]], served: ServerProcess, keys: dict[str, str]
) -> None:
    held = tables["Harbor Clinics"]["+12065550102"]["outboundSlot"]["agentVersion"]
    assert held == {"number": 1, "agent": {"name": "Reminders", "publishedVersion": {"number": 2}}}
    harbor = client(served, keys["Harbor Clinics"])
    resolution = harbor.preview(agentId=agent_of(harbor, "Reminders"))
    assert resolution["refusal"]["code"] == "NO_NUMBER_BOUND"
    assert "+12065550102 (version 1)" in resolution["refusal"]["message"]


def test_the_demo_shows_each_of_the_four_steps(served: ServerProcess, keys: dict[str, str]) -> None:
    harbor, dental = client(served, keys["Harbor Clinics"]), client(served, keys["Harbor Dental"])
    front_desk, recall = agent_of(harbor, "Front desk"), agent_of(dental, "Recall")
    version = harbor("query($id: ID!) { node(id: $id) { ... on Agent { publishedVersion { id } } } }", id=front_desk)
    asked = [
        harbor.preview(agentNumber="+15551234567", agentId=front_desk),
        dental.preview(agentNumber="+12065550104", agentId=recall),
        harbor.preview(agentVersionId=version["node"]["publishedVersion"]["id"]),
        harbor.preview(agentId=front_desk),
        harbor.preview(agentConfig={}),
        harbor.preview(agentNumber="+12065550103", agentConfig={}),
        harbor.preview(agentNumber="+15551234568", agentConfig={}),
        dental.preview(agentConfig={}),
    ]
    answers = [(each["agentNumber"], each["decidedBy"], (each["refusal"] or {}).get("code")) for each in asked]
    assert answers == [
        ("+15551234567", "AGENT_NUMBER", None),
        ("+12065550104", "AGENT_NUMBER", None),
        ("+12065550101", "AGENT_VERSION", None),
        ("+12065550101", "AGENT", None),
        ("+12065550100", "FALLBACK", None),
        ("+12065550103", "AGENT_NUMBER", "NO_OUTBOUND_CONFIGURATION"),
        (None, "AGENT_NUMBER", "PHONE_NUMBER_NOT_FOUND"),
        (None, "FALLBACK", "NO_OUTBOUND_NUMBER"),
    ]


def agent_of(client: Client, name: str) -> str:
    agents = client("{ agents { nodes { id name } } }")["agents"]["nodes"]
    identifier: str = next(agent["id"] for agent in agents if agent["name"] == name)
    return identifier
