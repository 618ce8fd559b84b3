"""Imports of contacts: a CSV that is sent by PUT reaches the campaign row by row, whatever it is like (R16)."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from models import Scope
from tests.installation import Client, Installation, Json

HEADER = "e164,externalId,timeZone,agentNumber,notBefore,first name\n"
IMPORT = "id status uploadPath rows accepted unchanged refused refusals { nodes { line e164 code message } totalCount }"


def campaign_of(client: Client) -> str:
    created = client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups")
    campaign: str = created["campaign"]["id"]
    return campaign


def create_import(client: Client, campaign: str, **fields: Any) -> str:
    """Create an import and return its uploadPath."""
    created = client.mutate_successfully(
        "createContactImport", "contactImport { status uploadPath }", campaignId=campaign, **fields
    )
    assert created["contactImport"]["status"] == "WAITING"
    path: str = created["contactImport"]["uploadPath"]
    return path


def put(client: Client, path: str, content: bytes | str | Iterator[bytes], **headers: str) -> httpx.Response:
    sent = content.encode() if isinstance(content, str) else content
    return client.installation.http.put(path, content=sent, headers=client.headers | headers)


def import_of(client: Client, path: str) -> Json:
    found = client(f"query($id: ID!) {{ node(id: $id) {{ ... on ContactImport {{ {IMPORT} }} }} }}", id=id_of(path))
    return found["node"]


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def counts(found: Json) -> list[Any]:
    return [found[name] for name in ("status", "rows", "accepted", "unchanged", "refused")]


def contacts(client: Client, campaign: str) -> list[Json]:
    fields = "e164 externalId agentNumber variables notBefore status"
    query = f"query($id: ID!) {{ campaign(id: $id) {{ contacts(first: 100) {{ nodes {{ {fields} }} }} }} }}"
    return sorted(client(query, id=campaign)["campaign"]["contacts"]["nodes"], key=lambda each: each["e164"])


def rows(first: int, count: int) -> str:
    return "".join(f"+1212{line:07},id-{line},,,,\n" for line in range(first, first + count))


def numbers(client: Client, campaign: str) -> int:
    ((count,),) = client.installation.rows("SELECT COUNT(*) FROM contact WHERE campaign_id = ?", campaign)
    return int(count)


@pytest.fixture
def harbor(shared_installation: Installation) -> Client:
    return shared_installation.root("Harbor Clinics")


# ------------------------------------------------------------------------------------------ what reaches the campaign


def test_r16_a_file_reaches_the_campaign_and_each_row_is_told(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    file = (
        HEADER
        + '+1 (212) 555-0100,anna,America/New_York,+12125550199,2026-12-01T10:00:00+01:00,"Anna ""the"" Great, jr"\r\n'
        + "2125550101,,,,,Without plus\n"
        + "+12125550102,,Mars/Base,,,\n"
        + "\n"
        + '+12125550103,,,,,"two\nlines"\n'
        + "+12125550104,,,,tomorrow,\n"
        + "+12125550105,too,few\n"
        + "+12125550106,,,,,last without a line end"
    )
    answered = put(harbor, path, file)
    assert (answered.status_code, answered.headers["content-type"]) == (200, "application/json")
    assert answered.json() == {
        "id": id_of(path),
        "status": "COMPLETED",
        "rows": 7,
        "accepted": 3,
        "unchanged": 0,
        "refused": 4,
    }
    found = import_of(harbor, path)
    assert counts(found) == ["COMPLETED", 7, 3, 0, 4]
    assert [(each["line"], each["e164"], each["code"]) for each in found["refusals"]["nodes"]] == [
        (3, "2125550101", "INVALID_PHONE_NUMBER"),
        (4, "+12125550102", "INVALID_INPUT"),
        (8, "+12125550104", "INVALID_INPUT"),
        (9, "+12125550105", "INVALID_INPUT"),
    ]
    anna, two_lines, last = contacts(harbor, campaign)
    assert anna == {
        "e164": "+12125550100",
        "externalId": "anna",
        "agentNumber": "+12125550199",
        "variables": {"first name": 'Anna "the" Great, jr'},
        "notBefore": "2026-12-01T09:00:00Z",
        "status": "PENDING",
    }
    assert two_lines["variables"] == {"first name": "two\nlines"}
    assert last["variables"] == {"first name": "last without a line end"}


def test_r16_the_same_file_again_changes_nothing_and_another_updates(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    assert put(harbor, path, HEADER + rows(5550100, 450)).json()["accepted"] == 450
    before = harbor.installation.rows("SELECT * FROM contact WHERE campaign_id = ? ORDER BY id", campaign)
    assert counts(put(harbor, path, HEADER + rows(5550100, 450)).json()) == ["COMPLETED", 450, 0, 450, 0]
    assert harbor.installation.rows("SELECT * FROM contact WHERE campaign_id = ? ORDER BY id", campaign) == before
    changed = HEADER + rows(5550100, 2) + "+12125550549,id-5550549,,,,Anna\n"
    assert counts(put(harbor, path, changed).json()) == ["COMPLETED", 3, 1, 2, 0]
    assert contacts(harbor, campaign)[-1]["variables"] == {"first name": "Anna"}


def test_r16_duplicates_are_refused_where_the_import_says_so(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor), onDuplicate="REFUSE")
    file = HEADER + "+12125550100,a,,,,Anna\n+12125550100,a,,,,Anna\n+12125550100,a,,,,Bob\n+12125550101,a,,,,Cid\n"
    assert counts(put(harbor, path, file).json()) == ["COMPLETED", 4, 1, 1, 2]
    refused = import_of(harbor, path)["refusals"]["nodes"]
    assert [(each["line"], each["code"]) for each in refused] == [(4, "DUPLICATE_CONTACT"), (5, "DUPLICATE_CONTACT")]


def test_r16_two_contacts_swap_their_external_ids(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    put(harbor, path, "e164,externalId\n+12125550100,a\n+12125550101,b\n")
    swapped = "e164,externalId\n+12125550100,c\n+12125550101,a\n+12125550100,b\n"
    assert counts(put(harbor, path, swapped).json()) == ["COMPLETED", 3, 3, 0, 0]
    assert [each["externalId"] for each in contacts(harbor, campaign)] == ["b", "a"]


def test_r16_a_number_without_plus_is_read_in_the_region_of_the_import(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign, defaultRegion="US")
    assert put(harbor, path, "E164 \n(212) 555-0100\n+44 20 7946 0958\n").json()["accepted"] == 2
    assert [each["e164"] for each in contacts(harbor, campaign)] == ["+12125550100", "+442079460958"]
    refused = harbor.refusals("createContactImport", campaignId=campaign, defaultRegion="Atlantis")
    assert refused == [("INVALID_INPUT", ["defaultRegion"])]


def test_r21_a_suppressed_number_and_r10_a_forbidden_one_are_refused_at_import(harbor: Client) -> None:
    harbor.installation.rows(
        "INSERT INTO suppression (id, organization_id, e164, created_at) VALUES (?, ?, '+12125550100', ?)",
        *("sup_" + "0" * 26, harbor.organization_id, "2026-01-31 09:30:00.000000"),
    )
    below = harbor.child()
    path = create_import(below, campaign_of(below))
    assert put(below, path, "e164\n+12125550100\n+19005550100\n").json()["refused"] == 2
    codes = [each["code"] for each in import_of(below, path)["refusals"]["nodes"]]
    assert codes == ["NUMBER_SUPPRESSED", "DESTINATION_NOT_ALLOWED"]


def test_imports_of_a_campaign_are_listed_newest_first_and_refusals_are_paged(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    older, newer = create_import(harbor, campaign), create_import(harbor, campaign)
    put(harbor, newer, "e164\n" + "no number\n" * 5)
    query = """query($id: ID!, $after: String) { campaign(id: $id) { imports { totalCount nodes { uploadPath
        refusals(first: 2, after: $after) { nodes { line } pageInfo { endCursor hasNextPage } } } } } }"""
    seen, after = [], None
    while True:
        found = harbor(query, id=campaign, after=after)["campaign"]["imports"]
        assert [each["uploadPath"] for each in found["nodes"]] == [newer, older]
        page = found["nodes"][0]["refusals"]
        seen += [each["line"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [2, 3, 4, 5, 6]


def test_refused_rows_are_downloaded_and_no_cell_is_a_formula(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    bad = ["=HYPERLINK(1)", "@SUM(1)", "-1", "+1+cmd|'/c calc'!A0", '"\t=1"', "+1"]
    put(harbor, path, "e164\n" + "".join(f"{each}\n" for each in bad))
    answered = harbor.installation.http.get(f"{path}/refusals.csv", headers=harbor.headers)
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    header, *lines = csv.reader(io.StringIO(answered.text))
    assert header == ["line", "e164", "code", "message"]
    assert [line[0] for line in lines] == ["2", "3", "4", "5", "6", "7"]
    assert [line[1] for line in lines] == [
        "'=HYPERLINK(1)",
        "'@SUM(1)",
        "'-1",
        "'+1+cmd|'/c calc'!A0",
        "'\t=1",
        "+1",
    ]
    assert {line[2] for line in lines} == {"INVALID_PHONE_NUMBER"}


def test_r16_a_file_is_committed_in_batches_while_it_arrives(harbor: Client, statements: list[str]) -> None:
    """What the server holds of a file is a batch, so that it does not grow with the file."""
    path = create_import(harbor, campaign_of(harbor))
    statements.clear()
    assert put(harbor, path, HEADER + rows(5_550_100, 1990) + "no number,,,,,\n" * 10).json()["accepted"] == 1990
    assert sum("UPDATE contact_import" in each for each in statements) >= 1 + 2000 // 200 + 1


# ---------------------------------------------------------------------------------------------- who may send, and how


def refusal(answered: httpx.Response) -> tuple[int, str]:
    (error,) = answered.json()["errors"]
    assert error["message"].endswith(".")
    return answered.status_code, error["extensions"]["code"]


def test_r16_an_upload_needs_a_key_and_its_scope(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    reader, manager, other = (
        harbor.with_scopes(scope)
        for scope in (Scope.CAMPAIGNS_READ, Scope.CAMPAIGNS_MANAGE, Scope.CONVERSATIONS_MANAGE)
    )
    http = harbor.installation.http
    assert refusal(http.put(path, content="e164\n")) == (401, "UNAUTHENTICATED")
    assert refusal(put(reader, path, "e164\n")) == refusal(put(other, path, "e164\n")) == (403, "FORBIDDEN")
    assert import_of(harbor, path)["status"] == "WAITING"
    assert put(manager, path, "e164\n+1\n").status_code == 200
    download = f"{path}/refusals.csv"
    assert refusal(http.get(download)) == (401, "UNAUTHENTICATED")
    assert refusal(http.get(download, headers=other.headers)) == (403, "FORBIDDEN")
    assert http.get(download, headers=reader.headers).status_code == 200
    for method, address in (("POST", path), ("GET", path), ("PUT", download)):
        assert refusal(http.request(method, address, headers=manager.headers)) == (405, "BAD_REQUEST")


def test_r15_a_foreign_import_and_a_missing_one_are_alike(harbor: Client) -> None:
    foreign = harbor.installation.root("Contoso")
    elsewhere = campaign_of(foreign)
    there = create_import(foreign, elsewhere)
    answers = set()
    for path in (there, "/contact-imports/imp_" + "0" * 26, "/contact-imports/nonsense"):
        sent = put(harbor, path, "e164\n")
        read = harbor.installation.http.get(path + "/refusals.csv", headers=harbor.headers)
        assert refusal(sent) == refusal(read) == (404, "IMPORT_NOT_FOUND")
        answers |= {sent.content, read.content}
        assert harbor("query($id: ID!) { node(id: $id) { id } }", id=id_of(path))["node"] is None
    assert len(answers) == 1
    assert import_of(foreign, there)["status"] == "WAITING"
    for campaign in (elsewhere, "cmp_" + "0" * 26):
        refused = harbor.refusals("createContactImport", campaignId=campaign)
        assert refused == [("CAMPAIGN_NOT_FOUND", ["campaignId"])]


def test_r16_an_ended_campaign_takes_no_contacts(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    harbor.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    assert refusal(put(harbor, path, "e164\n+12125550100\n")) == (409, "CAMPAIGN_ENDED")
    assert counts(import_of(harbor, path)) == ["FAILED", 0, 0, 0, 0]
    assert harbor.refusals("createContactImport", campaignId=campaign) == [("CAMPAIGN_ENDED", ["campaignId"])]


@pytest.mark.parametrize("rows", [1, 200, 201])
def test_r16_a_file_that_cannot_be_read_for_an_ended_campaign_has_failed(harbor: Client, rows: int) -> None:
    """Also where its end is read while a batch is refused."""
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    harbor.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    file = "e164,name\n" + "".join(f"+1212555{line:04},Ann\n" for line in range(rows)) + '+12125559999,"Bob\n'
    assert refusal(put(harbor, path, file)) == (409, "CAMPAIGN_ENDED")
    assert counts(import_of(harbor, path)) == ["FAILED", 0, 0, 0, 0]
