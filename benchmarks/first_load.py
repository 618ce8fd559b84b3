"""What the console costs a browser: compressed bytes of its first load, and full page loads while one works in it.

`make bench-page` runs it over the built page, with a server and a browser of its own.
"""

import asyncio
import gzip
import re
from pathlib import Path

from playwright.async_api import Page, async_playwright

from benchmarks.fan_out import served

BUILT = Path(__file__).parent.parent / "web" / "dist"
BUDGET = 300 * 1024
BROWSER = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
BROWSER += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def sizes() -> None:
    document = (BUILT / "index.html").read_text()
    files = sorted(set(re.findall(r"/(assets/[^\"]+\.(?:js|css))", document)))
    scripts = 0
    for name in files:
        size = len(gzip.compress((BUILT / name).read_bytes()))
        scripts += size if name.endswith(".js") else 0
        print(f"{size:>9,} bytes compressed  {name}")
    print(f"{scripts:>9,} bytes of script, {scripts / BUDGET:.2f} of the budget of {BUDGET:,}")


async def loads(page: Page, url: str, key: str) -> None:
    """Every view of the console, by its links: the document is loaded once."""
    count = 0

    def counted(request: object) -> None:
        nonlocal count
        count += getattr(request, "is_navigation_request", bool)()

    page.on("request", counted)
    await page.goto(url)
    await page.get_by_role("textbox").first.fill(key)
    await page.keyboard.press("Enter")
    for name in ("Which number?", "Conversations", "Phone numbers"):
        await page.get_by_role("link", name=name).click()
        await page.wait_for_load_state("networkidle")
    print(f"{count:>9} full page load while signing in and going through the three views")


async def main() -> None:
    sizes()
    async with served() as (url, key), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=BROWSER)
        await loads(await browser.new_page(), url, key)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
