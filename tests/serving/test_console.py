"""Test the served files of the console: policy, caching, compression."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from server import CONSOLE_DIST
from serving.console import CONTENT_SECURITY_POLICY, NOT_BUILT_MESSAGE, html_page
from tests.installation import Installation
from tests.server_process import free_port

CONSOLE = [
    "/",
    "/numbers",
    "/which-number",
    "/conversations",
    "/conversations/cnv_00000000000000000000000000",
    "/campaigns",
    "/campaigns/cmp_00000000000000000000000000",
    "/campaigns/cmp_00000000000000000000000000/imports",
    "/campaigns/cmp_00000000000000000000000000/setup",
    "/campaigns/cmp_00000000000000000000000000/contacts",
    "/campaigns/cmp_00000000000000000000000000/contacts/cnt_00000000000000000000000000",
]
CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def get(installation: Installation, path: str) -> httpx.Response:
    return installation.http.get(path)


GRAPHIQL_POLICY = CONSOLE_POLICY.replace("style-src 'self'", "worker-src 'self'; style-src 'self' 'unsafe-inline'")


@pytest.mark.parametrize(
    ("path", "policy"), [*((path, CONSOLE_POLICY) for path in CONSOLE), ("/graphiql", GRAPHIQL_POLICY)]
)
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


def test_an_unknown_path_answers_browsers_with_the_console_and_clients_in_json(
    shared_installation: Installation,
) -> None:
    page = shared_installation.http.get("/numberz", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status_code, page.text) == (404, get(shared_installation, "/").text)
    assert page.headers["content-security-policy"] == CONSOLE_POLICY
    client = shared_installation.http.get("/numberz", headers={"Accept": "*/*"})
    assert (client.status_code, client.headers["content-type"].split(";")[0]) == (404, "application/json")


@pytest.mark.parametrize("kind", ["js", "css"])
@pytest.mark.parametrize(
    ("accepts", "encoding", "suffix"),
    [
        ("gzip, deflate, br, zstd", "br", ".br"),
        ("gzip", "gzip", ".gz"),
        ("br;q=0, gzip;q=0.5", "gzip", ".gz"),
        ("identity", None, ""),
        ("", None, ""),
    ],
)
def test_an_asset_comes_compressed_where_the_browser_takes_it(
    shared_installation: Installation, kind: str, accepts: str, encoding: str | None, suffix: str
) -> None:
    address = re.findall(rf"\"/(assets/index-[^\"]+\.{kind})\"", get(shared_installation, "/").text)[0]
    with shared_installation.http.stream("GET", f"/{address}", headers={"Accept-Encoding": accepts}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == encoding
    assert "Accept-Encoding" in answer.headers["vary"].split(", ")
    assert answer.headers["content-type"].startswith("text/")
    assert sent == Path(f"{CONSOLE_DIST / address}{suffix}").read_bytes()
    again = {"Accept-Encoding": accepts, "If-None-Match": answer.headers["etag"]}
    assert shared_installation.http.get(f"/{address}", headers=again).status_code == 304
    another = "gzip" if encoding != "gzip" else "br"
    assert shared_installation.http.get(f"/{address}", headers=again | {"Accept-Encoding": another}).status_code == 200


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


def test_without_the_built_console_the_api_runs(tmp_path: Path) -> None:
    """Run a copy of the server without a built console."""
    copy = tmp_path / "copy"
    root = CONSOLE_DIST.parents[1]
    left_out = shutil.ignore_patterns("web", "tests", "benchmarks", ".*", "__pycache__")
    shutil.copytree(root, copy, ignore=left_out)
    port = free_port()
    settings = {"DIALTREE_PORT": str(port), "PATH": os.environ["PATH"]}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "server.py", "serve"], cwd=copy, env=settings, stderr=log)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=9)) as http:
                assert http.get("/healthz").status_code == 200
                missing = http.get("/")
                assert (missing.status_code, missing.text) == (503, NOT_BUILT_MESSAGE)
                assert http.get("/graphiql").status_code == 503
                assert http.get("/assets/index.js").status_code == 404
                asked = http.post("/graphql", json={"query": "{ viewer { scopes } }"})
                assert asked.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        finally:
            server.terminate()
            server.wait()


def test_building_without_node_says_what_is_missing(tmp_path: Path) -> None:
    """Node is neither on this machine nor on PyPI."""
    for program in ("web/build", ".ci/node"):
        (tmp_path / program).parent.mkdir()
        shutil.copy(CONSOLE_DIST.parents[1] / program, tmp_path / program)
    pip = tmp_path / ".venv" / "bin" / "pip"
    pip.parent.mkdir(parents=True)
    pip.write_text("#!/bin/sh\necho 'No matching distribution found' >&2\nexit 1\n")
    pip.chmod(0o755)
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("bash", "dirname", "sh", "tee"):
        (bare / name).symlink_to(shutil.which(name) or "")
    built = subprocess.run(
        [tmp_path / "web" / "build"], check=False, env={"PATH": str(bare)}, capture_output=True, text=True
    )
    assert built.returncode != 0
    assert built.stderr.startswith("No Node 20.19 or newer on this machine: taking the one from PyPI")
    assert built.stdout.startswith("The console and GraphiQL are not built: there is no Node 20.19 or newer")
    assert len(built.stdout.splitlines()) == 1
    assert (tmp_path / "web" / "build.log").read_text() == built.stderr
    assert "No matching distribution found" in built.stderr
    assert not (tmp_path / "web" / "dist").exists()


def test_an_unbuilt_console_names_the_command_that_builds_it(tmp_path: Path) -> None:
    answer = html_page(tmp_path / "index.html", CONTENT_SECURITY_POLICY)(None)  # type: ignore[arg-type]
    assert answer.status_code == 503
    assert answer.body == NOT_BUILT_MESSAGE.encode()
