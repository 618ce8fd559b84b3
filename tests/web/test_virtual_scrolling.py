"""Ten thousand numbers, scrolled to the end by the wheel: each is shown once and in order, with few rows in the DOM."""

from playwright.sync_api import Page, expect

from tests.installation import Client
from tests.web.conftest import Browsers

COUNT = 10_000
STEP = 1_200
# What is drawn after each scrolling, and how many rows there are at all.
WATCH_ROWS = """() => {
  window.drawn = []; window.clashes = []; window.most = 0;
  const look = () => {
    const rows = document.querySelectorAll("tr[data-row]");
    window.most = Math.max(window.most, rows.length);
    for (const row of rows) {
      const place = Number(row.dataset.index);
      if (window.drawn[place] !== undefined && window.drawn[place] !== row.ariaLabel) window.clashes.push(place);
      window.drawn[place] = row.ariaLabel;
    }
  };
  look();
  new MutationObserver(look).observe(document.querySelector(".table-box tbody"), { childList: true });
}"""


def insert_numbers(client: Client) -> list[str]:
    """Insert ten thousand numbers by one statement; return them formatted."""
    trunk = client.trunk()
    first = 12_060_000_000
    client.installation.rows(
        "WITH RECURSIVE count(n) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT n + 1 FROM count WHERE n + 1 < ?)"
        " INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, created_at, updated_at)"
        " SELECT 'num_000000000000000' || n, t.organization_id, t.id, '+' || n, FALSE, t.created_at, t.created_at"
        " FROM count, trunk AS t WHERE t.id = ?",
        first,
        first + COUNT,
        trunk,
    )
    return [f"+1 206 {digits[4:7]} {digits[7:]}" for digits in (str(first + place) for place in range(COUNT))]


def test_each_is_drawn_once_in_order_and_few_rows_exist(northwind: Client, browsers: Browsers) -> None:
    names = insert_numbers(northwind)
    page = browsers.sign_in(northwind, "/numbers?size=100")
    expect(page.get_by_text("loaded of 10,000")).to_be_visible()
    page.locator(".table-box").hover()
    page.evaluate(WATCH_ROWS)
    for _ in range(2 * COUNT * 41 // STEP):
        if scrolled_to_end(page):
            break
        page.mouse.wheel(0, STEP)
    expect(page.get_by_text("10,000 loaded of 10,000")).to_be_visible()
    expect(page.get_by_role("row", name=names[-1], exact=True)).to_be_in_viewport()
    assert page.evaluate("window.clashes") == []
    assert page.evaluate("window.drawn") == names
    assert page.evaluate("window.most") < 80


def scrolled_to_end(page: Page) -> bool:
    """Wait for the next rows, if there are any, and tell whether the end is reached."""
    end: bool = page.evaluate(
        """async () => {
          const box = document.querySelector(".table-box");
          const frame = () => new Promise((done) => requestAnimationFrame(done));
          const atBottom = () => box.scrollTop + box.clientHeight >= box.scrollHeight - 1;
          const all = () => document.querySelector("table.numbers").ariaRowCount !== "-1";
          await frame();
          for (let waited = 0; atBottom() && !all() && waited < 3600; waited++) await frame();
          return atBottom();
        }"""
    )
    return end
