"""The files of a campaign: sent, followed, and each of their rows accounted for; and what to do about one that is no good."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from models import Scope
from tests.campaigns.test_import import create_import, numbers, put
from tests.campaigns.test_upload import answer_of, uploading
from tests.conftest import Install
from tests.installation import Client
from tests.retrying import attempts
from tests.web.conftest import Browsers, DemoClients, expect_address
from tests.web.test_screenshots import THEMES, screenshot_and_audit

HEADER = "e164,externalId,timeZone,city\n"
UPLOADS = "**/contact-imports/*"
# Long enough for ten thousand rows on a machine that does much else.
SLOW_MS = 60_000

# What is wrong with every 333rd of ten thousand rows, and what the page says about it.
BAD_ROWS = [
    ("2065550143,p{line},,Seattle", "no country code"),
    ("nobody,p{line},,Seattle", "no country code"),
    ("=1+1,p{line},,Seattle", "no country code"),
    ("1.2126E+10,p{line},,Seattle", "Format the column as text"),
    ("+1206777{line:04},p{line},Mars/Base,Seattle", "Mars/Base"),
    ("+1206777{line:04},p{line}", "2 cells"),
]


@pytest.fixture
def clinics(demo: DemoClients) -> Client:
    return demo["Harbor Clinics"]


def draft(client: Client) -> str:
    made = client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups")
    return str(made["campaign"]["id"])


def open_imports(browsers: Browsers, client: Client, campaign: str, **options: Any) -> Page:
    page = browsers.sign_in(client, f"/campaigns/{campaign}/imports", **options)
    expect(page.get_by_role("heading", name="Imports", exact=True, level=1)).to_be_visible()
    return page


def good_rows(first: int, count: int) -> str:
    return "".join(f"+1206{line:07},p{line},,Seattle\n" for line in range(first, first + count))


def large_file(rows: int = 10_000, every: int = 333) -> tuple[str, list[tuple[int, str]]]:
    """Return a file of so many rows, and the line and the reason of each that is bad."""
    lines = [HEADER]
    bad: list[tuple[int, str]] = []
    for row in range(1, rows + 1):
        line, (text, reason) = row + 1, BAD_ROWS[len(bad) % len(BAD_ROWS)]
        if row % every == 0:
            bad.append((line, reason))
            lines.append(text.format(line=line) + "\n")
        else:
            lines.append(good_rows(5_550_000 + row, 1))
    return "".join(lines), bad


def choose(page: Page, content: str | bytes, name: str = "contacts.csv") -> None:
    sent = content.encode() if isinstance(content, str) else content
    file: Any = {"name": name, "mimeType": "text/csv", "buffer": sent}
    page.get_by_label("File", exact=True).set_input_files(file)


def send(page: Page, content: str | bytes) -> None:
    choose(page, content)
    page.get_by_role("button", name="Send file").click()


class HeldUploads:
    """Uploads that are held back, until a test lets them go on or breaks them off."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[Route] = []

    def hold(self, route: Route) -> None:
        self._held.append(route)

    def next(self) -> Route:
        """Return the upload that has begun. Asking the page for its title lets Playwright tell of it."""
        for _ in attempts():
            if self._page.title() and self._held:
                return self._held.pop()
        raise AssertionError("No upload has begun.")


@contextmanager
def held_uploads(page: Page) -> Iterator[HeldUploads]:
    held = HeldUploads(page)
    page.route(UPLOADS, held.hold)
    yield held
    page.unroute(UPLOADS)


def imports(page: Page) -> Locator:
    """The rows of the list, newest first."""
    return page.get_by_role("table", name="Imports, newest first").locator("tr[data-import]")


def counts(row: Locator) -> list[str]:
    """Return the status, and how many rows were read, added, there already and refused."""
    return [text.strip() for text in row.get_by_role("cell").all_inner_texts()]


def summary(page: Page) -> Locator:
    return page.locator(".added-summary")


def refused_rows(page: Page) -> Locator:
    return page.get_by_role("group", name="Refused rows").locator("tbody tr")


def download(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    assert saved.value.suggested_filename == "refusals.csv"
    with saved.value.path().open(newline="") as file:
        return list(csv.DictReader(file))


def test_r16_ten_thousand_rows_of_which_thirty_are_bad(clinics: Client, browsers: Browsers) -> None:
    """Each of the thirty is told with its line and reason, there and in the file; the same file again adds nobody twice."""
    campaign = draft(clinics)
    file, bad = large_file()
    assert len(bad) == 30
    page = open_imports(browsers, clinics, campaign)
    with held_uploads(page) as held:
        send(page, file)
        expect(page.get_by_role("progressbar", name="Sent of the file")).to_be_visible()
        expect(page.get_by_role("button", name="Sending…")).to_be_disabled()
        expect(page.get_by_text("0 rows read")).to_be_visible()
        held.next().continue_()
        expect(summary(page)).to_have_text("9,970 added or changed, 30 refused.", timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="30 rows refused")).to_be_visible()
    expect(refused_rows(page)).to_have_count(30)
    for row, (line, reason) in zip(refused_rows(page).all(), bad, strict=True):
        expect(row.get_by_role("cell").first).to_have_text(str(line))
        expect(row).to_contain_text(reason)
    saved = download(page)
    assert [int(each["line"]) for each in saved] == [line for line, _ in bad]
    assert all(reason in each["message"] for each, (_, reason) in zip(saved, bad, strict=True))
    assert saved[2]["e164"] == "'=1+1"
    expect(page.get_by_text("9,970 contacts in the campaign")).to_be_visible()
    page.get_by_role("button", name="Send file").click()
    expect(summary(page)).to_have_text("0 added or changed, 9,970 there already, 30 refused.", timeout=SLOW_MS)
    expect(imports(page)).to_have_count(2)
    assert [counts(row) for row in imports(page).all()] == [
        ["Read to its end", "10,000", "0", "9,970", "30"],
        ["Read to its end", "10,000", "9,970", "0", "30"],
    ]
    assert numbers(clinics, campaign) == 9_970


def test_r16_a_file_that_a_program_sends_is_followed(clinics: Client, browsers: Browsers) -> None:
    """Its rows are counted while it still arrives."""
    campaign = draft(clinics)
    file = (HEADER + good_rows(5_550_100, 1_000) + "nobody,p0,,\n").encode()
    path = create_import(clinics, campaign)
    page = open_imports(browsers, clinics, campaign)
    expect(imports(page)).to_contain_text("No file yet")
    with uploading(clinics, path, len(file)) as connection:
        connection.sendall(file[:-200])
        expect(imports(page)).to_contain_text("Being read", timeout=SLOW_MS)
        expect(imports(page).locator("[data-label=Rows]")).not_to_have_text("0", timeout=SLOW_MS)
        connection.sendall(file[-200:])
        assert answer_of(connection)[0] == 200
    expect(imports(page)).to_contain_text("Read to its end", timeout=SLOW_MS)
    assert counts(imports(page)) == ["Read to its end", "1,001", "1,000", "0", "1"]
    page.get_by_role("button", name="1 refused: show them").click()
    expect(refused_rows(page)).to_contain_text("nobody")
    expect_address(page, clinics, f"/campaigns/{campaign}/imports?import={path.rpartition('/')[2]}")
    page.reload()
    expect(refused_rows(page)).to_contain_text("nobody")
    page.get_by_role("button", name="1 refused: hide them").click()
    expect(refused_rows(page)).to_have_count(0)


WRONG_FILES = {
    "a workbook": (b"PK\x03\x04" + b"\0\xff" * 400, "workbook"),
    "UTF-16": ((HEADER + good_rows(5_550_100, 3)).encode("utf-16"), "UTF-8"),
    "another header": (b"phone,city\n+12065550142,Seattle\n", "No column of the first line is named e164."),
    "semicolons": (b"e164;city\n+12065550142;Seattle\n", "separated by commas"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_r16_what_is_wrong_with_a_file_is_said(clinics: Client, browsers: Browsers, name: str) -> None:
    """And a right one can be sent at once."""
    browsers.expect_console_error("status of 400")
    content, message = WRONG_FILES[name]
    campaign = draft(clinics)
    page = open_imports(browsers, clinics, campaign)
    send(page, content)
    expect(page.get_by_role("alert")).to_contain_text(message)
    expect(imports(page)).to_contain_text("Not read to its end")
    assert numbers(clinics, campaign) == 0
    send(page, HEADER + good_rows(5_550_100, 3))
    expect(summary(page)).to_have_text("3 added or changed.")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(imports(page)).to_have_count(2)


def test_r16_a_file_that_is_too_large_is_refused_with_what_to_do(install: Install, browsers: Browsers) -> None:
    browsers.expect_console_error("status of 413")
    harbor = install(max_import_bytes=20_000).root("Harbor Clinics")
    campaign = draft(harbor)
    page = open_imports(browsers, harbor, campaign)
    send(page, HEADER + good_rows(5_550_100, 100_000))
    expect(page.get_by_role("alert")).to_contain_text("larger than 20,000 bytes", timeout=SLOW_MS)
    expect(page.get_by_role("alert")).to_contain_text("Split it")
    assert numbers(harbor, campaign) == 0


def test_r16_who_is_cut_off_sends_it_again_to_the_same_import(clinics: Client, browsers: Browsers) -> None:
    browsers.expect_console_error("ERR_FAILED|ERR_CONNECTION")
    campaign = draft(clinics)
    page = open_imports(browsers, clinics, campaign)
    with held_uploads(page) as held:
        send(page, HEADER + good_rows(5_550_100, 300))
        expect(page.get_by_role("progressbar", name="Sent of the file")).to_be_visible()
        held.next().abort()
        expect(page.get_by_role("alert")).to_contain_text("The connection broke off. Send the same file again")
        page.get_by_role("button", name="Send it again").click()
        stopped = held.next()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("alert")).to_contain_text("The upload was stopped.")
        stopped.abort()
    page.get_by_role("button", name="Send it again").click()
    expect(summary(page)).to_have_text("300 added or changed.")
    expect(imports(page)).to_have_count(1)


def test_a_file_that_was_moved_after_it_was_chosen(clinics: Client, browsers: Browsers, tmp_path: Path) -> None:
    """The browser may not read it, which is no broken connection: it is to be chosen again."""
    browsers.expect_console_error("ERR_UPLOAD_FILE_CHANGED|ERR_FILE_NOT_FOUND")
    campaign = draft(clinics)
    page = open_imports(browsers, clinics, campaign)
    file = tmp_path / "contacts.csv"
    file.write_text(HEADER + good_rows(5_550_100, 3))
    page.get_by_label("File", exact=True).set_input_files(file)
    file.unlink()
    page.get_by_role("button", name="Send file").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose it again.")


def test_r15_who_may_only_read_sees_the_files(clinics: Client, browsers: Browsers) -> None:
    campaign = draft(clinics)
    put(clinics, create_import(clinics, campaign), HEADER + "nobody,p0,,\n")
    page = browsers.sign_in(clinics.with_scopes(Scope.CAMPAIGNS_READ), f"/campaigns/{campaign}")
    page.get_by_role("link", name="Imports").click()
    expect(page.get_by_text("takes a key with the scope CAMPAIGNS_MANAGE")).to_be_visible()
    page.get_by_role("button", name="1 refused: show them").click()
    assert [each["e164"] for each in download(page)] == ["nobody"]


def test_r22_a_campaign_that_has_ended_takes_no_more(clinics: Client, browsers: Browsers) -> None:
    campaign = draft(clinics)
    clinics.mutate_successfully("cancelCampaign", "__typename", campaignId=campaign)
    page = open_imports(browsers, clinics, campaign)
    expect(page.get_by_text("This campaign has ended: it takes no more contacts.")).to_be_visible()
    expect(page.get_by_role("button", name="Send file")).to_have_count(0)
    expect(page.get_by_role("heading", name="No file yet")).to_be_visible()


def test_older_imports_are_shown_on_demand(clinics: Client, browsers: Browsers) -> None:
    campaign = draft(clinics)
    for _ in range(27):
        create_import(clinics, campaign)
    page = open_imports(browsers, clinics, campaign)
    expect(page.locator("tr[data-import]")).to_have_count(25)
    page.get_by_role("button", name="Show older imports").click()
    expect(page.locator("tr[data-import]")).to_have_count(27)
    expect(page.get_by_role("button", name="Show older imports")).to_have_count(0)


@pytest.mark.parametrize("look", THEMES)
def test_nothing_is_found_wrong(clinics: Client, browsers: Browsers, look: str) -> None:
    """Axe finds nothing, and nothing is wider than the window."""
    browsers.expect_console_error("status of 400")
    campaign = draft(clinics)
    page = open_imports(browsers, clinics, campaign, **THEMES[look])
    found = {}
    for scene in scenes(page):
        found[scene] = screenshot_and_audit(page, f"{scene}-{look}")
        width, window = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        if width > window:
            found[scene].append(f"is {width} wide")
    assert [f"{scene} {one}" for scene, wrong in found.items() for one in wrong] == []
    assert len(found) == 4


def scenes(page: Page) -> Iterator[str]:
    """Show one state after the other and yield the name of each."""
    expect(page.get_by_role("heading", name="No file yet")).to_be_visible()
    yield "imports-none"
    with held_uploads(page) as held:
        send(page, large_file(rows=400, every=20)[0])
        expect(page.get_by_role("progressbar", name="Sent of the file")).to_be_visible()
        yield "imports-sending"
        held.next().continue_()
        expect(page.get_by_role("heading", name="20 rows refused")).to_be_visible()
    page.get_by_role("heading", name="Files so far").scroll_into_view_if_needed()
    yield "imports"
    send(page, "phone,city\n+12065550142,Seattle\n")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("Where the connection broke off")).to_be_visible()
    yield "imports-failed"
