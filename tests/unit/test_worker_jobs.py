"""The jobs of the worker and their times are declared in one place, `app/workers/main.py`."""

import re
from pathlib import Path

from app.workers import main

APP = Path(main.__file__).parents[1]
MADE_THERE = re.compile(r"(?<!class )\b(?:CronJob|RedisQueue|BookingQueue|BookingWorker)\(")
CALLED = re.compile(r"(?<!super\(\))\.enqueue\(")
ENQUEUED = re.compile(r"\.enqueue\(\s*(\w+)\.__qualname__")


def test_queue_worker_and_cron_jobs_are_made_nowhere_else() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in APP.rglob("*.py")}
    assert [path.name for path, source in sources.items() if MADE_THERE.search(source)] == ["main.py"]
    assert sum(len(CALLED.findall(source)) for source in sources.values()) == 2
    named = sorted(name for source in sources.values() for name in ENQUEUED.findall(source))
    assert named == sorted(function.__qualname__ for function in main.FUNCTIONS)


def test_each_cron_job_exists_once_and_the_sweep_runs_every_5_seconds() -> None:
    jobs = {job.function.__qualname__: job.cron for job in main.CRON_JOBS}
    assert len(jobs) == len(main.CRON_JOBS)
    assert jobs["sweep"] == "* * * * * */5"
