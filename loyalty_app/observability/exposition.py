"""Exposition: the metrics of a server as Prometheus reads them, one process or several.

A process without HTTP of its own answers /metrics on a separate port (`serve_metrics`).

Several processes share a directory that their parent has made (`shared_directory`). Counts of a dead process still
count; its momentary figures (waiting requests, memory) go with it. What is counted is in `metrics`.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from loyalty_app.observability.machine import MachineReading, Readings, read_machine
from loyalty_app.observability.metrics import REGISTRY
from loyalty_app.observability.queue_depths import QueueDepth, QueueDepths
from loyalty_app.settings import Settings, SettingsError

if TYPE_CHECKING:
    from aiohttp import web

MEDIA_TYPE = CONTENT_TYPE_LATEST
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
PRESENT = "gauge_livesum_"
"""Prefix of the file that a process keeps in the directory while it lives."""
OLDEST = {"process_start_time_seconds", "process_max_fds"}
"""Of these the smallest of all processes is shown, of everything else the sum."""


class GivenMetrics(Collector):
    """Metrics that were made for one answer."""

    def __init__(self, given: Iterable[Metric]) -> None:
        self._given = list(given)

    def collect(self) -> Iterable[Metric]:
        """The metrics."""
        return self._given


def exposition(depths: Iterable[QueueDepth] | None, machine: Iterable[MachineReading] = ()) -> bytes:
    """All metrics of this server; `depths` are the queue depths, None if the database does not answer."""
    several = os.environ.get(DIRECTORY)
    registry = CollectorRegistry()
    registry.register(GivenMetrics(_depth_metrics(depths)))
    registry.register(GivenMetrics(_machine_metrics(machine)))
    registry.register(GivenMetrics(_processes(living_processes(Path(several)) if several else ["self"])))
    if several:
        MultiProcessCollector(registry, several)  # type: ignore[no-untyped-call]  # it has no types
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)


def _depth_metrics(depths: Iterable[QueueDepth] | None) -> Iterator[GaugeMetricFamily]:
    """The queue depths, and whether the database answers."""
    answers = QueueDepth("loyalty_database_answers", "1 if the database answers, 0 if not.", float(depths is not None))
    for depth in (answers, *(depths or ())):
        yield GaugeMetricFamily(depth.name, depth.text, value=depth.value)


def _machine_metrics(readings: Iterable[MachineReading]) -> Iterable[GaugeMetricFamily]:
    families: dict[str, GaugeMetricFamily] = {}
    for one in readings:
        if one.name not in families:
            families[one.name] = GaugeMetricFamily(one.name, one.text, labels=tuple(one.labels))
        families[one.name].add_metric(tuple(one.labels.values()), one.value)
    return families.values()


def living_processes(directory: Path) -> list[str]:
    """The ids of processes that write into the directory."""
    return sorted(path.stem.removeprefix(PRESENT) for path in directory.glob(f"{PRESENT}*.db"))


def _processes(pids: list[str]) -> Iterator[Metric]:
    """What the operating system says of all processes together, and the program's release."""
    samples: dict[str, list[float]] = {}
    kinds: dict[str, Metric] = {}
    for pid in pids:
        for metric in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]  # bound on purpose
            kinds[metric.name] = metric
            samples.setdefault(metric.name, []).append(metric.samples[0].value)
    for name, values in samples.items():
        family = CounterMetricFamily if kinds[name].type == "counter" else GaugeMetricFamily
        yield family(name, kinds[name].documentation, value=min(values) if name in OLDEST else sum(values))
    yield GaugeMetricFamily("loyalty_processes", "Processes that these figures are of.", value=len(pids))
    build = GaugeMetricFamily("loyalty_build_info", "The release of the program.", labels=("version",))
    build.add_metric((_release(),), 1)
    yield build


@cache
def _release() -> str:
    return version("loyalty-stamps")


@contextmanager
def shared_directory() -> Iterator[None]:
    """Let the metrics of child processes be added up; for their parent, before it starts them."""
    with tempfile.TemporaryDirectory(prefix="loyalty-figures-", ignore_cleanup_errors=True) as directory:
        os.environ[DIRECTORY] = directory
        try:
            yield
        finally:
            del os.environ[DIRECTORY]


def forget_process(pid: int) -> None:
    """Remove the momentary figures of a dead process; for its parent."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # it has no types


@asynccontextmanager
async def serve_metrics(
    settings: Settings, depths: QueueDepths, machine: Iterable[Readings] = ()
) -> AsyncIterator[None]:
    """Answer Prometheus at LOYALTY_HOST and LOYALTY_METRICS_PORT, if that is set. Raises SettingsError."""
    if settings.metrics_port is None:
        yield
        return
    runner = _runner(depths, tuple(machine))
    await runner.setup()
    try:
        await _listen(runner, settings.host, settings.metrics_port)
        yield
    finally:
        await runner.cleanup()


def _runner(depths: QueueDepths, machine: tuple[Readings, ...]) -> "web.AppRunner":
    from aiohttp import web  # noqa: PLC0415  # for processes without HTTP of their own

    async def metrics(_request: web.Request) -> web.Response:
        body = exposition(await depths.measured(), read_machine(machine))
        return web.Response(body=body, headers={"Content-Type": MEDIA_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return web.AppRunner(app, access_log=None, handle_signals=False)


async def _listen(runner: "web.AppRunner", host: str, port: int) -> None:
    from aiohttp import web  # noqa: PLC0415  # the same

    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise SettingsError(f"LOYALTY_METRICS_PORT: port {port} of {host} cannot be used: {error.strerror}.") from error
