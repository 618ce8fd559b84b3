"""Test that without an engine's library the API runs, and the log says that no calls are placed."""

from pathlib import Path

import pytest

from tests.server_process import run_server_in

AS_IF_NOT_INSTALLED = 'import sys\nsys.modules["{}"] = None\n'


@pytest.mark.parametrize(
    ("missing", "url", "engine"), [("baresip", "", "sip"), ("livekit", "http://127.0.0.1:9", "livekit")]
)
def test_the_api_runs_without_its_engine_and_says_so(tmp_path: Path, missing: str, url: str, engine: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(AS_IF_NOT_INSTALLED.format(missing))
    account = {"LIVEKIT_URL": url, "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"} if url else {}
    with run_server_in(tmp_path, DIALTREE_DIALING="on", PYTHONPATH=str(tmp_path), store=None, **account) as server:
        client = server.root()
        number = client.number()
        waiting = client.create_queued(agentNumber=number.e164, to="+12065550100", agentConfig={})
        assert client.conversation(waiting["id"])["status"] == "QUEUED"
    assert "no_calls_are_placed" in server.log.read_text()
    assert f"The engine {engine} is not installed" in server.log.read_text()
