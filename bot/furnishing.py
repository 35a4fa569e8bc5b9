"""The parts of the bot, made from the settings and joined to each other."""

import time
from contextlib import AsyncExitStack
from functools import partial

from bot.client import ImageBot, Services
from bot.delivery import Delivery
from bot.locks import Locks
from bot.posts import Posts
from bot.providers.registry import Registration
from bot.server_log import ServerLog
from bot.services.alarms import Alarms
from bot.services.compared import Compared
from bot.services.defaults import Defaults
from bot.services.downloads import Downloads
from bot.services.etas import Etas
from bot.services.image_apis import ImageApi, ImageApis
from bot.services.image_jobs import ImageJobs
from bot.services.job_queue import JobQueue
from bot.services.moderation import Moderation
from bot.services.operating import Operating
from bot.services.operator_alerts import OperatorAlerts
from bot.services.oversight import Oversight
from bot.services.pictures import Darkroom
from bot.services.privacy import Privacy
from bot.services.quotas import OperatorLimits, Quotas
from bot.services.request_rules import RequestRules
from bot.services.result_images import ResultImages
from bot.services.running_limits import RunningLimits
from bot.services.source_images import SourceImages
from bot.services.spool import Spool
from bot.services.stand_ins import StandIns
from bot.services.submission import Submission
from bot.services.workshop import Workshop
from bot.settings import Settings
from storage.accounts import AccountStore
from storage.calls import CallStore
from storage.database import Database
from storage.descent import DescentStore
from storage.exporting import Exporting
from storage.forgetting import Forgetting
from storage.hints import HintStore
from storage.jobs import JobStore
from storage.members import MemberStore
from storage.moderation import ModerationStore
from storage.oversight import OversightStore
from storage.records import QueueLimits
from storage.settings import SettingsStore


async def open_apis(
    settings: Settings, registrations: list[Registration], stack: AsyncExitStack
) -> ImageApis:
    """The image APIs that are set up, in order of preference."""
    apis = []
    for registration in registrations:
        provider = await stack.enter_async_context(registration.open(settings))
        apis.append(ImageApi(provider, slots=getattr(settings, registration.max_in_flight)))
    return ImageApis(apis)


async def furnish(
    settings: Settings,
    client: ImageBot,
    database: Database,
    apis: ImageApis,
    spool: Spool,
    darkroom: Darkroom,
    stand_ins: StandIns,
    running: RunningLimits,
    stack: AsyncExitStack,
) -> Workshop:
    """The parts that the jobs are made with."""
    store = JobStore(database)
    # Two, so that members' slow pictures never keep a result that was paid for waiting.
    sources = await stack.enter_async_context(Downloads(settings.allowed_private_hosts))
    results = await stack.enter_async_context(Downloads(settings.allowed_private_hosts))
    rules = RequestRules({name: api.provider.offers for name, api in apis.items()}, settings.credit_prices)
    delivery = Delivery(
        client,
        store,
        rules,
        Posts(darkroom),
        time.time,
        may_dm=lambda user_id: client.services.defaults.of(user_id).dm,
    )
    return Workshop(
        store=store,
        calls=CallStore(database),
        rules=rules,
        quotas=Quotas(
            AccountStore(database),
            OperatorLimits(
                member=settings.default_allowance,
                direct=settings.direct_allowance,
                server=settings.server_ceiling,
                bot_budget=settings.bot_budget,
                allowed_servers=settings.allowed_servers,
            ),
            known_as=stand_ins.known_as,
            clock=time.time,
        ),
        apis=apis,
        queue=JobQueue(apis, member_jobs=running.of),
        queue_limits=QueueLimits(settings.member_max_queued, settings.queue_max),
        submission=Submission(float(settings.job_timeout)),
        public_url=settings.public_url,
        deadline=float(settings.job_timeout),
        alarms=Alarms(),
        alerts=OperatorAlerts(partial(delivery.tell_operator, settings.operator_channel_id)),
        sources=SourceImages(sources, darkroom, spool, store),
        results=ResultImages(results, darkroom, spool),
        etas=Etas(store, time.time),
        messenger=delivery,
        clock=time.time,
    )


async def serve_members(
    settings: Settings,
    client: ImageBot,
    database: Database,
    shop: Workshop,
    jobs: ImageJobs,
    spool: Spool,
    darkroom: Darkroom,
    stand_ins: StandIns,
    running: RunningLimits,
) -> Services:
    """What the commands work with, loaded."""
    defaults = Defaults(MemberStore(database), shop.rules)
    await defaults.load()
    privacy = Privacy(
        Forgetting(database),
        Exporting(database),
        defaults=defaults,
        stand_ins=stand_ins,
        admissions=jobs.admissions,
        spool=spool,
        clock=time.time,
    )
    await privacy.drop_strays()
    titles = tuple(api.provider.title for api in shop.apis.values())
    oversight = _oversight(database, shop, stand_ins)
    return Services(
        jobs=jobs,
        rules=shop.rules,
        quotas=shop.quotas,
        store=shop.store,
        calls=shop.calls,
        descent=DescentStore(database),
        hints=HintStore(database),
        compared=Compared(shop.store, darkroom, spool),
        defaults=defaults,
        privacy=privacy,
        moderation=_moderation(database, jobs, stand_ins, running),
        oversight=oversight,
        operating=Operating(ModerationStore(database), OversightStore(database), shop.quotas, time.time),
        server_log=ServerLog(client, oversight),
        running=running,
        turns=Locks(),
        credit_price=settings.credit_price_usd,
        apis=titles,
    )


def _oversight(database: Database, shop: Workshop, stand_ins: StandIns) -> Oversight:
    return Oversight(
        OversightStore(database),
        SettingsStore(database),
        AccountStore(database),
        shop.store,
        shop.quotas,
        database=database.path,
        known_as=stand_ins.known_as,
        clock=time.time,
    )


def _moderation(
    database: Database, jobs: ImageJobs, stand_ins: StandIns, running: RunningLimits
) -> Moderation:
    return Moderation(
        ModerationStore(database),
        SettingsStore(database),
        JobStore(database),
        running,
        cancel_waiting=jobs.cancel_waiting,
        known_as=stand_ins.known_as,
        clock=time.time,
    )
