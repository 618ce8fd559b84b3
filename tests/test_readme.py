"""The queries in README.md and docs/ give the answers printed there, over the demo tree that `make run` creates.

The campaign of README.md is run as it is written, by a shell, over the sandbox carrier.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import demo
from tests.campaigns.campaign_server import calls, hang_up, run_outbound
from tests.conftest import Install
from tests.installation import Client, Json
from tests.retrying import attempts

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(document.read_text() for document in DOCUMENTS)
BLOCKS = re.findall(r"```graphql\n(.*?)```\s+```json\n(.*?)```", TEXT, re.DOTALL)
MAX_README_LINES = 150
CONTACTS = """{ campaigns(first: 1, filter: { status: [RUNNING] }) { nodes { contacts { nodes {
  externalId status waitsFor refusal { code } variables } } } } }"""


def test_the_queries_of_the_readme_give_the_answers_of_the_readme(install: Install) -> None:
    installation = install()

    async def plant(session: Any) -> dict[str, str] | None:
        return await demo.create_demo_tree(session, installation.settings.secret_box())

    harbor = installation.client(installation.run_as_operator(plant)["Harbor Clinics"])
    assert len(BLOCKS) == TEXT.count("```graphql") == 4
    for query, answer in BLOCKS:
        assert harbor.body(query)["data"] == json.loads(answer)["data"]


def test_the_campaign_of_the_readme_calls_who_is_awake(tmp_path: Path) -> None:
    """At five in the afternoon in London it is noon in New York, and night in Sydney."""
    (script,) = re.findall(r"```sh\n(KEY=.*?)```", DOCUMENTS[0].read_text(), re.DOTALL)
    with run_outbound(tmp_path) as outbound:
        server = outbound.server
        box = server.settings.secret_box()
        keys = server.run_as_operator(lambda session: demo.create_demo_tree(session, box, outbound.carrier))
        harbor = server.client(keys["Harbor Clinics"])
        written = script.replace("ak_…", keys["Harbor Clinics"]).replace("http://127.0.0.1:8000", server.url)
        said = subprocess.run(["/bin/bash", "-c", written], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert '"status":"COMPLETED"' in said
        assert '"rows":9,"accepted":7,"unchanged":0,"refused":2' in said
        assert re.findall(r"^(\d+),.*?,([A-Z_]+),", said, re.MULTILINE) == [
            ("9", "TIME_ZONE_UNKNOWN"),
            ("10", "INVALID_PHONE_NUMBER"),
        ]
        assert '{"campaign":{"status":"RUNNING"},"userErrors":[]}' in said
        contacts = until_called(harbor)
    assert {name: (each["status"], each["waitsFor"]) for name, each in contacts.items()} == {
        "patient-1": ("REACHED", None),
        "patient-2": ("PENDING", "RETRY"),
        "patient-3": ("REACHED", None),
        "patient-4": ("EXHAUSTED", None),
        "patient-5": ("PENDING", "WINDOW"),
        "patient-6": ("PENDING", "WINDOW"),
        "patient-7": ("REACHED", None),
        "patient-8": ("REFUSED", None),
    }
    assert contacts["patient-1"]["variables"] == {"first name": "Ada"}


def until_called(client: Client) -> dict[str, Json]:
    """Hang up whoever answers, until no contact is called, or waits for room; return them by externalId."""
    for _ in attempts():
        hang_up(client, calls(client))
        (campaign,) = client(CONTACTS)["campaigns"]["nodes"]
        contacts = {each["externalId"]: each for each in campaign["contacts"]["nodes"]}
        states = {(each["status"], each["waitsFor"]) for each in contacts.values()}
        if not any(status == "IN_CALL" or waits_for in ("TRUNK", "PACE") for status, waits_for in states):
            return contacts
    raise AssertionError(contacts)


def test_the_readme_is_short() -> None:
    assert len(DOCUMENTS[0].read_text().splitlines()) <= MAX_README_LINES


def test_links_between_documents_lead_somewhere() -> None:
    targets = {
        (document.name, target): (document.parent / target).exists()
        for document in [*DOCUMENTS, ROOT / "AGENTS.md", ROOT / "SECURITY.md"]
        for target in re.findall(r"\]\(([\w./-]+)\)", document.read_text())
    }
    assert len(targets) > 20
    assert [place for place, exists in targets.items() if not exists] == []
