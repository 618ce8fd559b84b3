"""Where the SIP stack cannot be installed, the API runs all the same, and the start says that no calls are placed."""

from pathlib import Path

from tests.processes import served_in

AS_IF_NOT_INSTALLED = 'import sys\nsys.modules["baresip"] = None\n'


def test_the_api_runs_without_the_sip_stack_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(AS_IF_NOT_INSTALLED)
    with served_in(tmp_path, DIALTREE_DIALING="on", PYTHONPATH=str(tmp_path)) as server:
        client = server.root()
        number = client.number()
        waiting = client.queued(agentNumber=number.e164, to="+12065550100", agentConfig={})
        assert client.conversation(waiting["id"])["status"] == "QUEUED"
    assert "no_calls_are_placed" in server.log.read_text()
