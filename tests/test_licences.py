"""Dialtree is Apache-2.0, and what it ships with may be shipped under it: no copyleft but for files of their own."""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parent.parent
PERMISSIVE = {
    *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense"),
    *("CC0-1.0", "BlueOak-1.0.0", "Python-2.0"),
}
# Copyleft that ends with the file: it asks for the source of these files alone, which their packages carry unchanged.
FILE_BY_FILE = {"MPL-2.0": {"certifi", "orjson"}}
# As packages say it that name no SPDX expression.
SPDX_BY_SPELLING = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "License :: OSI Approved :: MIT License": "MIT",
}
FIELDS = ("License-Expression", "License", "Classifier")
# Another system's, which this one has not installed.
OTHER_PLATFORMS = {"colorama"}


def shipped() -> Iterator[tuple[str, str]]:
    """What `make run` installs, and what is built into the page: each with its licence as an SPDX expression."""
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if pinned := re.match(r"([\w.-]+)==", line):
            yield pinned[1], licence_of(pinned[1])
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    for folder, package in packages.items():
        if folder and not package.get("dev"):
            yield folder.rpartition("node_modules/")[2], package.get("license", "none")


def licence_of(name: str) -> str:
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        assert name in OTHER_PLATFORMS, f"{name} is pinned and not installed: make run installs it"
        return "BSD-3-Clause"
    said = [each for field in FIELDS for each in metadata.get_all(field, [])]
    known = [SPDX_BY_SPELLING.get(each, each) for each in said if "\n" not in each]
    return next(
        (each for each in known if alternatives(each) != [{each}] or each in PERMISSIVE | FILE_BY_FILE.keys()), "none"
    )


def alternatives(expression: str) -> list[set[str]]:
    """The licences of an SPDX expression that hold together, for each choice that it leaves."""
    if inner := re.search(r"\(([^()]*)\)", expression):
        rest = (expression.replace(inner[0], choice, 1) for choice in inner[1].split(" OR "))
        return [choice for each in rest for choice in alternatives(each)]
    return [set(choice.split(" AND ")) for choice in expression.split(" OR ")]


def may_ship(name: str, expression: str) -> bool:
    named = {licence for licence, packages in FILE_BY_FILE.items() if name in packages}
    return any(licences <= PERMISSIVE | named for licences in alternatives(expression))


def test_everything_shipped_has_a_licence_that_lets_it_be() -> None:
    found = dict(shipped())
    assert len(found) > 100
    assert {name: licence for name, licence in found.items() if not may_ship(name, licence)} == {}


def test_copyleft_is_found_out() -> None:
    refused = [
        "GPL-3.0-only",
        "MIT AND LGPL-2.1-or-later",
        "AGPL-3.0",
        "MPL-2.0",
        "none",
        "Apache-2.0 AND (GPL-2.0 OR LGPL-3.0)",
    ]
    assert [each for each in refused if may_ship("some-package", each)] == []
    assert may_ship("orjson", "MPL-2.0 AND (Apache-2.0 OR MIT)")
    assert may_ship("either", "GPL-2.0 OR MIT")


def test_the_project_names_its_own() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text()[:200]
