"""One world for all refusals: a refused request changes nothing, so every test of a worker can share it."""

from collections.abc import Iterator

import pytest

from tests.databases import Template
from tests.installation import Installation
from tests.refusals.world import World, make_world


@pytest.fixture(scope="session")
def world(
    template: Template, tmp_path_factory: pytest.TempPathFactory, running_installations: list[Installation]
) -> Iterator[World]:
    installation = Installation(template.copy_into(tmp_path_factory.mktemp("refusals")))
    running_installations.append(installation)
    yield make_world(installation)
    installation.stop()
    installation.store.close()
