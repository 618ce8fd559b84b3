"""What the console costs a browser: bytes that its first load transfers, and full page loads while one works in it.

`make bench-page` runs it over the built page, with a server and a browser of its own.
"""

import asyncio
from typing import Any

from playwright.async_api import Page, async_playwright

from benchmarks.fan_out import served

BUDGET = 300 * 1024
BROWSER = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
BROWSER += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# As the browser counts them: what came over the wire, and what that is once it is unpacked.
TRANSFERRED = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => new URL(name).pathname.startsWith("/assets/"))
  .map(({ name, encodedBodySize, decodedBodySize }) => [new URL(name).pathname, encodedBodySize, decodedBodySize])"""


async def sizes(page: Page, url: str) -> None:
    await page.goto(url)
    await page.wait_for_load_state("networkidle")
    files: list[Any] = await page.evaluate(TRANSFERRED)
    for name, sent, unpacked in files:
        print(f"{sent:>9,} bytes transferred, {unpacked:>9,} unpacked  {name}")
    scripts = sum(sent for name, sent, _ in files if name.endswith(".js"))
    print(f"{scripts:>9,} bytes of script, {scripts / BUDGET:.2f} of the budget of {BUDGET:,}")


async def loads(page: Page, key: str) -> None:
    """Every view of the console, by its links: the document is loaded once."""
    count = 1

    def counted(request: object) -> None:
        nonlocal count
        count += getattr(request, "is_navigation_request", bool)()

    page.on("request", counted)
    await page.get_by_role("textbox").first.fill(key)
    await page.keyboard.press("Enter")
    for name in ("Which number?", "Conversations", "Phone numbers"):
        await page.get_by_role("link", name=name).click()
        await page.wait_for_load_state("networkidle")
    print(f"{count:>9} full page load while signing in and going through the three views")


async def main() -> None:
    async with served() as (url, key), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        page = await browser.new_page()
        await sizes(page, url)
        await loads(page, key)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
