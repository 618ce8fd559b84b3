"""What `make` sets up, where something stands in its way: it is waited for, or told in a line."""

import fcntl
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.server_process import free_port

ROOT = Path(__file__).parent.parent
INSTALLED = "libc6"
# Anybody is root in a namespace of their own, which suffices to install what is there already.
AS_ROOT: list[str | Path] = [] if os.getuid() == 0 else ["unshare", "--map-root-user"]


@pytest.fixture
def apt_environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which apt has its locks in a folder of the test, no sources, and the packages of this machine."""
    (tmp_path / "lists" / "partial").mkdir(parents=True)
    (tmp_path / "dpkg").mkdir()
    shutil.copyfile("/var/lib/dpkg/status", tmp_path / "dpkg" / "status")
    places = {
        "Dir::State::status": tmp_path / "dpkg" / "status",
        "Dir::State::lists": tmp_path / "lists",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Cache": tmp_path,
    }
    (tmp_path / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in places.items()))
    return os.environ | {"APT_CONFIG": str(tmp_path / "apt.conf")}


@pytest.mark.parametrize(
    ("lock", "told"), [("dpkg/lock-frontend", "Waiting for cache lock"), ("lists/lock", "waiting for it")]
)
def test_a_package_is_installed_once_another_process_has_let_go_of_the_lock(
    apt_environment: dict[str, str], tmp_path: Path, lock: str, told: str
) -> None:
    command = [*AS_ROOT, ROOT / ".ci" / "install", INSTALLED]
    with (tmp_path / lock).open("w") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        process = subprocess.Popen(
            command, env=apt_environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout
        said = [process.stdout.readline() for _ in range(2)]
        fcntl.lockf(held, fcntl.LOCK_UN)
    rest, _ = process.communicate(timeout=120)
    assert told in said[1]
    assert (process.returncode, rest) == (0, "")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git knows of the project, with this environment of Python and without what the page is built with."""
    folder = tmp_path / "dialtree"
    listed = ["git", "ls-files", "-coz", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def outside_make() -> dict[str, str]:
    """This environment as a person's shell has it: `make test` tells a `make` within it to say more."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def test_a_page_that_cannot_be_built_is_told_in_a_line_and_the_rest_is_served(clone: Path, tmp_path: Path) -> None:
    """No registry answers: npm says much, and `make run` what is missing and what works."""
    nowhere = {
        "npm_config_registry": f"http://127.0.0.1:{free_port()}/",
        "npm_config_fetch_retries": "0",
        "npm_config_cache": str(tmp_path / "npm"),
    }
    ports = {"DIALTREE_PORT": str(free_port()), "DIALTREE_SANDBOX_CARRIER": "", "DIALTREE_DIALING": "off"}
    process = subprocess.Popen(
        ["make", "-o", ".venv/run.stamp", "run"],  # noqa: S607
        cwd=clone,
        env=outside_make() | nowhere | ports,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Dialtree serves"):
            break
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    before = said[: next(place for place, line in enumerate(said) if "demo tree" in line)]
    assert len(before) == 3
    assert before[1].startswith("The console and GraphiQL are not built: npm could not install")
    assert before[2].startswith("Without them all else works: ")
    assert "ECONNREFUSED" in (clone / "web" / "build.log").read_text()
