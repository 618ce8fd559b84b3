"""The list of seeded defects is kept honest here, and one of them is seeded; `make torture` seeds them all."""

from pathlib import Path

import pytest

from tests.defects import DEFECTS, ROOT, Defect, catching_test, copied


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_be_seeded(defect: Defect) -> None:
    source = (ROOT / defect.file).read_text()
    assert source.count(defect.text) == 1
    compile(defect.seeded(source), defect.file, "exec")


def test_the_defects_have_names_of_their_own() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


def test_a_seeded_defect_is_caught(tmp_path: Path) -> None:
    defect = next(each for each in DEFECTS if each.name == "a number is lent whether shareable or not")
    caught = catching_test(defect, copied(tmp_path), ["tests/isolation/test_not_found.py"])
    assert caught
    assert "::test_r6_" in caught
