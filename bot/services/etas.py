"""When a picture should be ready, from how long the last ones took."""

from statistics import median

from bot.services.clock import Clock
from storage.jobs import JobStore
from storage.records import JobRecord

MEASURED = 20  # the last requests of a kind that count
USUAL = {  # seconds, until there is something measured
    ("nano-banana", "1K"): 12,
    ("nano-banana-2", "1K"): 22,
    ("nano-banana-2", "2K"): 25,
    ("nano-banana-2", "4K"): 30,
    ("nano-banana-pro", "1K"): 28,
    ("nano-banana-pro", "2K"): 37,
    ("nano-banana-pro", "4K"): 50,
}
USUAL_OTHERWISE = 30
LOOKED_UP = 1.0  # seconds for which a measured time is good


class Etas:
    """Looks at the measured times of the same model and resolution."""

    def __init__(self, store: JobStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, float]] = {}  # until when, and how many seconds

    async def ready_at(self, job: JobRecord, rounds: int = 0) -> float:
        """The moment in seconds since 1970, if so many rounds of like jobs go first."""
        return self._clock() + max(1.0, await self._seconds(job.model, job.resolution)) * (rounds + 1)

    async def _seconds(self, model: str, resolution: str) -> float:
        """How long a request of this kind takes; looked up at most once a second."""
        until, seconds = self._known.get((model, resolution), (0.0, 0.0))
        if self._clock() >= until:
            measured = await self._store.durations(model, resolution, last=MEASURED)
            seconds = median(measured) if measured else USUAL.get((model, resolution), USUAL_OTHERWISE)
            self._known[model, resolution] = self._clock() + LOOKED_UP, seconds
        return seconds
