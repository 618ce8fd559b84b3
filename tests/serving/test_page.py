"""The page's files as they are served: the policy, what browsers keep, and that nothing is inlined."""

import re
from pathlib import Path

import httpx
import pytest

from serving.page import NOT_BUILT, POLICY, document
from tests.installation import Installation

CONSOLE = ["/", "/numbers", "/which-number", "/conversations", "/conversations/cnv_00000000000000000000000000"]
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def get(installation: Installation, path: str) -> httpx.Response:
    return installation.http.get(path)


EDITORS = STRICT.replace("style-src 'self'", "worker-src 'self'; style-src 'self' 'unsafe-inline'")


@pytest.mark.parametrize(("path", "policy"), [*((path, STRICT) for path in CONSOLE), ("/graphiql", EDITORS)])
def test_a_document_comes_with_its_policy_and_is_asked_for_each_time(
    shared_installation: Installation, path: str, policy: str
) -> None:
    response = get(shared_installation, path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == policy
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/graphiql"])
def test_nothing_is_inlined_and_nothing_comes_from_elsewhere(shared_installation: Installation, path: str) -> None:
    html = get(shared_installation, path).text
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", html) == []
    linked = re.findall(r"(?:src|href)=\"([^\"]+)\"", html)
    assert linked
    for address in linked:
        assert address.startswith("/assets/")
        asset = get(shared_installation, address)
        assert asset.status_code == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/assets/nothing.js", "/assets/", "/assets/../index.html", "/assets/%2e%2e/index.html"]
)
def test_an_asset_that_is_not_there(shared_installation: Installation, path: str) -> None:
    response = get(shared_installation, path)
    assert response.status_code == 404
    assert "immutable" not in response.headers.get("cache-control", "")


def test_an_address_that_is_no_page(shared_installation: Installation) -> None:
    assert get(shared_installation, "/nothing").status_code == 404


def test_a_browser_at_the_api_is_led_to_graphiql(shared_installation: Installation) -> None:
    response = shared_installation.http.get("/graphql", headers={"Accept": "text/html"})
    assert response.status_code == 303
    assert response.headers["location"] == "/graphiql"


def test_a_page_that_is_not_built_says_what_builds_it(tmp_path: Path) -> None:
    answer = document(tmp_path / "index.html", POLICY)(None)  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert answer.body == NOT_BUILT.encode()
