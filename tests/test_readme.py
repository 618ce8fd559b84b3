"""The README's queries give the README's answers, over the demo tree that `make run` plants."""

import json
import re
from pathlib import Path
from typing import Any

import demo
from tests.conftest import Install

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"```graphql\n(.*?)```\s+```json\n(.*?)```", README, re.DOTALL)


def test_the_queries_of_the_readme_give_the_answers_of_the_readme(install: Install) -> None:
    installation = install()

    async def plant(session: Any) -> dict[str, str] | None:
        return await demo.plant(session, installation.settings.seal())

    harbor = installation.client(installation.operator(plant)["Harbor Clinics"])
    assert len(BLOCKS) == README.count("```graphql") == 3
    for query, answer in BLOCKS:
        assert harbor.body(query)["data"] == json.loads(answer)["data"]
