"""Files of contacts as people have them: a wrong row costs no other, and what cannot be read says what to do (R16)."""

import csv
import gzip
import io

import pytest

from tests.campaigns.test_import import (
    HEADER,
    campaign_of,
    contacts,
    counts,
    create_import,
    import_of,
    put,
    refusal,
)
from tests.installation import Client, Installation


@pytest.fixture
def harbor(shared_installation: Installation) -> Client:
    return shared_installation.root("Harbor Clinics")


def test_r16_a_byte_order_mark_is_no_part_of_the_header(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    assert put(harbor, path, b"\xef\xbb\xbf" + b'"e164"\r\n"+12125550100"\r\n').json()["accepted"] == 1


def test_r16_a_row_in_latin_1_is_refused_by_itself(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    file = "e164,name\n+12125550100,Jos\u00e9\n".encode("latin-1") + b"+12125550101,Ann\n"
    assert counts(put(harbor, path, file).json()) == ["COMPLETED", 2, 1, 0, 1]
    (refused,) = import_of(harbor, path)["refusals"]["nodes"]
    assert (refused["line"], refused["code"]) == (2, "INVALID_INPUT")
    assert "UTF-8" in refused["message"]


def test_r16_forty_columns_become_variables(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    names = [f"column {place}" for place in range(39)]
    assert put(harbor, path, ",".join(["e164", *names]) + "\n+12125550100" + ",x" * 39).json()["accepted"] == 1
    assert contacts(harbor, campaign)[0]["variables"] == dict.fromkeys(names, "x")


def test_r16_a_line_of_ten_megabytes_is_refused_by_itself(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    file = f"e164\n{'x' * 10_000_000}\n+12125550100\n"
    assert counts(put(harbor, path, file).json()) == ["COMPLETED", 2, 1, 0, 1]
    assert [each["line"] for each in import_of(harbor, path)["refusals"]["nodes"]] == [2]


FAULTY_ROWS = {
    "a NUL byte": b"+12125550101,a\0b",
    "a NUL byte in the number": b"+1212555\x000101,",
    "half a character": b"+12125550101,\xe2\x82",
    "the header again": b"e164,name",
    "a megabyte": b"+12125550101," + b"x" * 1_000_000,
    "five kilobytes of variables": b"+12125550101," + b"x" * 5_000,
    "a cell too many": b"+12125550101,Bob,Cid",
    "a cell too few": b"+12125550101",
    "semicolons": b"+12125550101;Bob",
    "a quote after a quoted cell": b'+12125550101,"Bob" and',
    "a number of a spreadsheet": b"1.2126E+10,Bob",
    "a number of a German spreadsheet": b'"1,2126E+10",Bob',
    "a number of a data frame": b"+493012345678.0,Bob",
    "a number that is none": b"#REF!,Bob",
    "an emergency number": b"911,Bob",
}


@pytest.mark.parametrize("name", FAULTY_ROWS)
def test_r16_a_wrong_row_costs_no_other_and_says_what_to_do(harbor: Client, name: str) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign, defaultRegion="US")
    file = b"e164,name\n+12125550100,Ann\n" + FAULTY_ROWS[name] + b"\n+12125550102,Cid\n"
    assert counts(put(harbor, path, file).json()) == ["COMPLETED", 3, 2, 0, 1]
    assert [each["e164"] for each in contacts(harbor, campaign)] == ["+12125550100", "+12125550102"]
    (refused,) = import_of(harbor, path)["refusals"]["nodes"]
    assert refused["line"] == 3
    assert refused["code"] in ("INVALID_INPUT", "INVALID_PHONE_NUMBER", "DESTINATION_NOT_ALLOWED")
    assert refused["message"].endswith(".")
    if "spreadsheet" in name or "frame" in name:
        assert "Format the column as text" in refused["message"]


WEIRD_CELLS = {
    "timeZone": ["", " ", "UTC", "america/new_york", "../../etc/passwd", "Mars/Base", "x" * 300, "\u202e", "New York"],
    "notBefore": [
        "0001-01-01",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30",
        "1e9",
        "now",
        "2026",
    ],
    "externalId": ["x" * 200, "x" * 300, "\ufeff", "\u202e", "'; DROP TABLE contact; --", "=1+1", "\U0001f600"],
    "agentNumber": ["+12125550199", "911", "=A1", "+1", "1.2E+10"],
    "a: {b}, \\u0000 'c'": ["\U0001f600", "\ufffe", "NaN", "null", '""', "{}", "\t"],
}


def test_r16_whatever_stands_in_the_cells_of_a_row_its_neighbors_are_kept(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    names = list(WEIRD_CELLS)
    file = io.StringIO()
    sent = csv.writer(file)
    sent.writerow(["e164", *names])
    weird = [(name, cell) for name, cells in WEIRD_CELLS.items() for cell in cells]
    for line, (name, cell) in enumerate(weird):
        sent.writerow([f"+1212556{line:04}", *(cell if each == name else "" for each in names)])
        sent.writerow([f"+1212557{line:04}", *("" for _ in names)])
    answered = put(harbor, path, file.getvalue()).json()
    assert (answered["status"], answered["rows"]) == ("COMPLETED", 2 * len(weird))
    kept = [e164 for (e164,) in harbor.installation.rows("SELECT e164 FROM contact WHERE campaign_id = ?", campaign)]
    assert {f"+1212557{line:04}" for line in range(len(weird))} <= set(kept)
    assert len(kept) == answered["accepted"]


UNREADABLE = {
    "no bytes": (b"", 1, 0),
    "blank lines alone": (b"\n\r\n", 1, 0),
    "no header": (b"+12125550100\n", 1, 0),
    "semicolons": (b"e164;name\n+12125550100;Ann\n", 1, 0),
    "tabulators": (b"e164\tname\n+12125550100\tAnn\n", 1, 0),
    "lines that end with a carriage return alone": (b"e164,name\r+12125550100,Ann\r", 1, 0),
    "a column twice": (b"e164,E164\n", 1, 0),
    "a variable twice": (b"e164,name,name\n", 1, 0),
    "a NUL byte in the header": (b"e164,na\0me\n", 1, 0),
    "a header in Latin-1": (b"e164,pr\xe9nom\n", 1, 0),
    "a workbook": (b"PK\x03\x04" + b"\0" * 100_000, 1, 0),
    "an old workbook": (b"\xd0\xcf\x11\xe0\n", 1, 0),
    "gzip": (gzip.compress(b"e164\n+12125550100\n"), 1, 0),
    "a column without a name": (b"e164,,name\n", 1, 0),
    "201 columns": (b"e164" + b"".join(b",c%d" % place for place in range(200)), 1, 0),
    "UTF-16": ("e164\n+12125550100\n".encode("utf-16"), 1, 0),
    "a header of ten megabytes": (b"x" * 10_000_000 + b"\n", 1, 0),
    "a quote that never ends": (b'e164,name\n+12125550100,Ann\n+12125550101,"Bob\n+12125550102,Cid\n', 3, 1),
    "a quote that does not end soon": (b'e164,name\n+12125550100,Ann\n+12125550101,"Bob\n' + b"x\n" * 50_000, 3, 1),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_r16_what_cannot_be_read_says_where_and_what_to_do(harbor: Client, name: str) -> None:
    """What precedes it is in the campaign."""
    content, line, accepted = UNREADABLE[name]
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    answered = put(harbor, path, content)
    assert refusal(answered) == (400, "INVALID_INPUT")
    message = answered.json()["errors"][0]["message"]
    found = import_of(harbor, path)
    assert counts(found) == ["FAILED", accepted + 1, accepted, 0, 1]
    assert message == f"Line {line}: {found['refusals']['nodes'][-1]['message']}"
    assert len(contacts(harbor, campaign)) == accepted


def test_r16_a_file_of_a_header_alone_has_no_rows(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    assert counts(put(harbor, path, HEADER).json()) == ["COMPLETED", 0, 0, 0, 0]
