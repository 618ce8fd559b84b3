"""Measure the import of a file of contacts over HTTP: rows a second, what others notice, and the server's memory."""

import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.campaign_calls import migrated_store
from tests.campaigns.calling_campaign import Calling
from tests.campaigns.test_campaign import ALWAYS, Clock
from tests.server_process import run_server_in

CREATES_BEFORE = 100


@dataclass(frozen=True)
class ImportFigures:
    """Rows a second; p95 of a create in milliseconds before and meanwhile; MB by which the server's memory grew."""

    rows_per_second: float
    create_ms_before: float
    create_ms_meanwhile: float
    grown_mb: float


def measure_import(folder: Path, rows: int, *, on_postgres: bool) -> ImportFigures:
    """Import a file of so many rows, while another client creates conversations one after another."""
    file = folder / "contacts.csv"
    with file.open("w") as csv:
        csv.write("e164,externalId,name,appointment\n")
        csv.writelines(f"+1{2_122_000_000 + i},patient-{i},Ada Lovelace,2026-12-01T09:30\n" for i in range(rows))
    clock = Clock(folder / "clock")
    unlimited = {"DIALTREE_POINTS_PER_MINUTE": "0", "DIALTREE_MAX_QUEUED_CALLS": "0"}
    with (
        migrated_store(folder, on_postgres=on_postgres) as store,
        run_server_in(folder, "dialtree.db", (), store, **unlimited, **clock.variables) as server,
    ):
        calling = Calling(server, clock, 9)
        made = calling.owner.mutate_successfully("createCampaign", "campaign { id }", name="Import", windows=ALWAYS)
        created = calling.owner.mutate_successfully(
            "createContactImport", "contactImport { uploadPath }", campaignId=made["campaign"]["id"]
        )
        before = [_time_create(calling) for _ in range(CREATES_BEFORE)]
        path = created["contactImport"]["uploadPath"]
        upload = _Upload(f"{server.url}{path}", calling.owner.headers, file)
        memory = _resident_mb(server.server)
        upload.start()
        meanwhile, peak = [], memory
        while upload.is_alive():
            meanwhile.append(_time_create(calling))
            peak = max(peak, _resident_mb(server.server))
        upload.join()
        assert upload.answer["accepted"] == rows, upload.answer
    return ImportFigures(rows / upload.seconds, _p95(before), _p95(meanwhile), peak - memory)


class _Upload(threading.Thread):
    """Sends a file. `answer`: what the server counted."""

    def __init__(self, url: str, headers: dict[str, str], file: Path) -> None:
        super().__init__()
        self._url, self._headers, self._file = url, headers, file
        self.seconds = 0.0
        self.answer: dict[str, int] = {}

    def run(self) -> None:
        started = time.perf_counter()
        with self._file.open("rb") as content:
            answer = httpx.put(self._url, content=content, headers=self._headers, timeout=3600)
        self.seconds, self.answer = time.perf_counter() - started, answer.raise_for_status().json()


def _time_create(calling: Calling) -> float:
    """Create a conversation; return the milliseconds that took."""
    started = time.perf_counter()
    calling.owner.create_queued(agentNumber=calling.number.e164, agentVersionId=calling.version, to="+12065550199")
    return (time.perf_counter() - started) * 1000


def _p95(milliseconds: list[float]) -> float:
    return statistics.quantiles(milliseconds, n=20)[-1]


def _resident_mb(process: int) -> float:
    return int(Path(f"/proc/{process}/status").read_text().split("VmRSS:")[1].split()[0]) / 1000
