"""Check that every seeded defect still applies, and that one is caught; `make torture` seeds all of them."""

from pathlib import Path

import pytest

from tests.defects import DEFECTS, ROOT, Defect, copy_project, find_catching_test


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_be_seeded(defect: Defect) -> None:
    source = (ROOT / defect.file).read_text()
    assert source.count(defect.text) == 1
    compile(defect.seed(source), defect.file, "exec")


def test_the_defects_have_names_of_their_own() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


def test_a_seeded_defect_is_caught(tmp_path: Path) -> None:
    defect = next(each for each in DEFECTS if each.name == "a number is lent whether shareable or not")
    caught = find_catching_test(defect, copy_project(tmp_path), ["tests/isolation/test_not_found.py"])
    assert caught
    assert "::test_r6_" in caught
