"""The parts that image jobs are made with."""

from dataclasses import dataclass

from bot.services.alarms import Alarms
from bot.services.clock import Clock
from bot.services.etas import Etas
from bot.services.image_apis import ImageApis
from bot.services.job_queue import JobQueue
from bot.services.messenger import Messenger
from bot.services.operator_alerts import OperatorAlerts
from bot.services.quotas import Quotas
from bot.services.request_rules import RequestRules
from bot.services.result_images import ResultImages
from bot.services.source_images import SourceImages
from bot.services.submission import Submission
from storage.calls import CallStore
from storage.jobs import JobStore
from storage.records import QueueLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the services of image jobs share; `deadline` is in seconds from sending to the API's answer."""

    store: JobStore
    calls: CallStore
    rules: RequestRules
    quotas: Quotas
    apis: ImageApis
    queue: JobQueue
    queue_limits: QueueLimits
    submission: Submission
    public_url: str | None
    deadline: float
    alarms: Alarms
    alerts: OperatorAlerts
    sources: SourceImages
    results: ResultImages
    etas: Etas
    messenger: Messenger
    clock: Clock
