"""Measure the bytes of the console's first load, and its full page loads (`make bench-page`).

Runs over the built console, with a server and a browser of its own.
"""

import asyncio

from playwright.async_api import Page, async_playwright

from benchmarks.fan_out import run_server

BUDGET = 300 * 1024
CHROMIUM_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CHROMIUM_FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
# Path, bytes over the wire, and bytes after decompression, as the browser counts them.
TRANSFERRED_BYTES = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => new URL(name).pathname.startsWith("/assets/"))
  .map(({ name, encodedBodySize, decodedBodySize }) => [new URL(name).pathname, encodedBodySize, decodedBodySize])"""


async def print_sizes(page: Page, url: str) -> None:
    await page.goto(url)
    await page.wait_for_load_state("networkidle")
    files: list[tuple[str, int, int]] = await page.evaluate(TRANSFERRED_BYTES)
    for name, sent, unpacked in files:
        print(f"{sent:>9,} bytes transferred, {unpacked:>9,} unpacked  {name}")
    scripts = sum(sent for name, sent, _ in files if name.endswith(".js"))
    print(f"{scripts:>9,} bytes of script, {scripts / BUDGET:.2f} of the budget of {BUDGET:,}")


async def print_page_loads(page: Page, key: str) -> None:
    """Visit each view of the console by its links, and count the documents that are loaded."""
    count = 1

    def count_navigation(request: object) -> None:
        nonlocal count
        count += getattr(request, "is_navigation_request", bool)()

    page.on("request", count_navigation)
    await page.get_by_role("textbox").first.fill(key)
    await page.keyboard.press("Enter")
    for name in ("Which number?", "Conversations", "Phone numbers"):
        await page.get_by_role("link", name=name).click()
        await page.wait_for_load_state("networkidle")
    print(f"{count:>9} full page load while signing in and going through the three views")


async def main() -> None:
    async with run_server() as (url, key), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        page = await browser.new_page()
        await print_sizes(page, url)
        await print_page_loads(page, key)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
