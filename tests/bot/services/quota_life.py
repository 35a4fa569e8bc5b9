"""Random steps, done to the product and to the pencil's books, which must agree after each of them."""

import random
from collections.abc import Awaitable, Callable
from functools import partial

from bot.errors import UserError
from bot.periods import Allowance, Period
from bot.services.accounts import renamed
from bot.services.change_checks import Moderator, Target, TargetRole
from bot.services.limits import all_begin_after, counts_until
from bot.services.moderation import Moderation
from bot.services.operating import Operating
from bot.services.origin import Asker
from bot.services.quotas import Quotas
from bot.services.running_limits import RunningLimits
from bot.services.stand_ins import StandIns
from storage.accounts import AccountStore
from storage.calls import CallStore
from storage.database import Database
from storage.errors import BudgetExhausted, StillRunning
from storage.forgetting import Forgetting, StandIn
from storage.jobs import JobStore
from storage.moderation import ModerationStore
from storage.oversight import OversightStore
from storage.records import JobState, Place
from storage.server_records import NEVER
from storage.settings import SettingsStore
from tests.bot.services.quota_books import MEMBERS, OPERATOR, ROLES, START, Grant, Paid, Pencil
from tests.storage.samples import NO_LIMITS, asked, new_call, new_job

HOUR, DAY = 3600.0, 86_400.0
TURNS = (1.0, HOUR, 7 * HOUR, DAY, 5 * DAY, 31 * DAY)  # seconds that pass at once
STEPS: dict[str, int] = {  # and how often
    "spend": 24,
    "end": 10,
    "lose": 3,
    "refund": 3,
    "forget": 3,
    "turn": 6,
    "grant": 4,
    "take_back": 2,
    "set_own": 3,
    "clear_own": 2,
    "set_role": 3,
    "clear_role": 2,
    "set_default": 2,
    "clear_default": 1,
    "change_roles": 3,
    "leave": 2,
    "reset": 2,
    "reset_all": 1,
    "block": 1,
    "unblock": 2,
    "ceiling": 1,
}


class Life:
    """One server in a database that holds many."""

    def __init__(self, database: Database, seed: int) -> None:
        self.random = random.Random(seed)
        self.guild = seed + 1000  # no id of a role
        self.now = START
        self.database = database
        self.pencil = Pencil()
        self.by = Moderator(self.guild, 99)
        self.store, self.calls = JobStore(database), CallStore(database)
        self.forgetting = Forgetting(database)
        self.stand_ins = StandIns(self.forgetting, self.clock)
        self.quotas = Quotas(
            AccountStore(database), OPERATOR, known_as=self.stand_ins.known_as, clock=self.clock
        )
        settings = SettingsStore(database)
        changes = ModerationStore(database)
        self.moderation = Moderation(
            changes,
            settings,
            self.store,
            RunningLimits(settings, 3),
            cancel_waiting=self.cancel_waiting,
            known_as=self.stand_ins.known_as,
            clock=self.clock,
        )
        self.oversight = OversightStore(database)
        self.operating = Operating(changes, self.oversight, self.quotas, self.clock)

    def clock(self) -> float:
        """The time."""
        return self.now

    def asker(self, member: int) -> Asker:
        """A member with their roles of this moment."""
        roles = tuple(sorted(self.pencil.roles[member]))
        return Asker(place=Place.GUILD, guild_id=self.guild, user_id=self.user(member), role_ids=roles)

    def user(self, member: int) -> int:
        """The id of a member: each server has people of its own here, whose ids look alike."""
        return member + 1000 * self.guild

    def target(self, member: int) -> Target:
        """A member, as moderators name them."""
        return Target(user_id=self.user(member))

    async def step(self) -> None:
        """Do something, a second later."""
        if not self.now > START:
            await self.stand_ins.load()
        self.now += 1.0
        [name] = self.random.choices([*STEPS], [*STEPS.values()])
        act: Callable[[int], Awaitable[None]] = getattr(self, f"_{name}")
        await act(self.random.choice(MEMBERS))

    async def _spend(self, member: int) -> None:
        price, count, pencil = self.random.randint(1, 3), self.random.randint(1, 3), self.pencil
        job = new_job(
            f"{self.guild}-{len(pencil.jobs)}-{self.now}",
            user_id=self.user(member),
            guild_id=self.guild,
            price=price,
            count=count,
            accepted_at=self.now,
        )
        left, bonuses = pencil.left(member, self.now), pencil.bonuses(member, self.now)
        has = left + sum(each.credits - each.spent for each in bonuses)
        blocked = pencil.blocked.get(member, 0.0) > self.now
        fits = price * count <= min(has, pencil.ceiling_left(self.now))
        expected = UserError if blocked else None if fits else BudgetExhausted
        met = None
        try:
            await self.store.accept(job, [], self.quotas.payment(self.asker(member), self.now), NO_LIMITS)
        except (BudgetExhausted, UserError) as error:
            met = type(error)
        assert met is expected
        if met:
            return
        missing = price * count
        of_allowance = min(left, missing)
        missing -= of_allowance
        parts = []
        for each in bonuses:
            if part := min(each.credits - each.spent, missing):
                each.spent += part
                parts.append((each, part))
                missing -= part
        assert missing == 0
        period = pencil.allowance(member).period
        pencil.jobs[job.id] = Paid(member, self.now, price, count, of_allowance, parts, price * count, period)

    def _running(self) -> list[str]:
        return [job_id for job_id, job in self.pencil.jobs.items() if job.open]

    async def _end(self, _: int) -> None:
        if running := self._running():
            job_id = self.random.choice(running)
            images = self.random.randint(0, self.pencil.jobs[job_id].count)
            await self.store.fail(job_id, self.now, outcome="failed.lost", images=images)
            self._settle(self.pencil.jobs[job_id], images)

    async def _lose(self, _: int) -> None:
        """It was sent and perhaps billed: all is the member's again, and nothing of it the operator's."""
        if running := self._running():
            job_id = self.random.choice(running)
            job = self.pencil.jobs[job_id]
            await self.calls.start(new_call(images=job.count, job_id=job_id, sent_at=self.now))
            await self.store.fail(job_id, self.now, outcome="failed.lost")
            self._settle(job, 0)
            job.ceiling = job.price * job.count

    async def _refund(self, member: int) -> None:
        """A moderator gives back what a picture has cost, once, as long as its member is known."""
        theirs = [(job_id, job) for job_id, job in self.pencil.jobs.items() if job.member == member]
        if theirs:
            job_id, job = self.random.choice(theirs)
            await self._unless_refused(self.moderation.refund(self.by, job_id), done=job.cost > 0)
            if job.cost:
                self.pencil.grants[member].append(Grant(job.cost, NEVER, self.now))
                job.cost = 0

    async def _forget(self, member: int) -> None:
        """They have their data deleted, and nothing that counts becomes more or less by it."""
        user_id = self.user(member)
        stand_in = self.stand_ins.choose(user_id, self.now)
        rename = partial(renamed, user_id=user_id, stand_in=stand_in)
        theirs = [job for job in self.pencil.jobs.values() if job.member == member]
        try:
            forgotten = await self.forgetting.forget_member(
                user_id,
                self.stand_ins.tag(user_id),
                stand_in,
                self.now,
                all_begin_after,
                rename,
                counts_until,
            )
        except StillRunning:
            assert any(job.open for job in theirs)
            return
        assert not any(job.open for job in theirs)
        for job in theirs:
            job.cost = 0
        if forgotten.until is not None:
            self.stand_ins.remember(user_id, StandIn(stand_in, forgotten.until))
        elif self.stand_ins.known_as(user_id, self.now) == user_id:
            self.pencil.forget(member, self.now)

    @staticmethod
    def _settle(job: Paid, images: int) -> None:
        """Who pays less than was taken gets the bonuses back first, the last drawn first of all."""
        back = job.price * (job.count - images)
        job.ceiling = job.cost = job.price * images
        job.open = False
        for grant, part in reversed(job.of_bonuses):
            returned = min(part, back)
            grant.spent -= returned
            back -= returned
        job.of_allowance -= back

    async def _turn(self, _: int) -> None:
        self.now += self.random.choice(TURNS)

    async def _grant(self, member: int) -> None:
        credits_, days = self.random.randint(1, 8), self.random.choice([1, 3, 40, None])
        expires_at = NEVER if days is None else self.now + days * DAY
        await self.moderation.grant(self.by, self.target(member), credits_, expires_at=expires_at)
        self.pencil.grants[member].append(Grant(credits_, expires_at, self.now))

    async def _take_back(self, member: int) -> None:
        credits_ = self.random.randint(1, 10)
        newest = sorted(self.pencil.bonuses(member, self.now), key=lambda each: -each.given)
        there = sum(each.credits - each.spent for each in newest)
        try:
            change = await self.moderation.take_back(self.by, self.target(member), credits_)
        except UserError:
            assert there == 0
            return
        assert change.details["credits"] == min(credits_, there) > 0
        for each in newest:
            part = min(each.credits - each.spent, credits_)
            each.credits -= part
            credits_ -= part

    def _allowance(self) -> Allowance:
        return Allowance(self.random.choice([0, 1, 4, 9, 20, 60]), self.random.choice([*Period]))

    async def _set_own(self, member: int) -> None:
        self.pencil.own[member] = rule = self._allowance()
        await self.moderation.set_allowance(self.by, self.target(member), rule)

    async def _clear_own(self, member: int) -> None:
        had = self.pencil.own.pop(member, None)
        await self._unless_refused(
            self.moderation.clear_allowance(self.by, self.target(member)), done=had is not None
        )

    async def _set_role(self, _: int) -> None:
        role, rule = self.random.choice(ROLES), self._allowance()
        self.pencil.of_roles[role] = rule
        await self.moderation.set_role(self.by, TargetRole(role_id=role), rule)

    async def _clear_role(self, _: int) -> None:
        role = self.random.choice(ROLES)
        had = self.pencil.of_roles.pop(role, None)
        await self._unless_refused(
            self.moderation.set_role(self.by, TargetRole(role_id=role), None), done=had is not None
        )

    async def _set_default(self, _: int) -> None:
        self.pencil.default = rule = self._allowance()
        await self.moderation.set_default(self.by, rule)

    async def _clear_default(self, _: int) -> None:
        had, self.pencil.default = self.pencil.default is not None, None
        await self._unless_refused(self.moderation.set_default(self.by, None), done=had)

    async def _change_roles(self, member: int) -> None:
        self.pencil.roles[member] ^= {self.random.choice(ROLES)}

    async def _leave(self, member: int) -> None:
        """They are back at once, without roles: all the rest is as it was."""
        self.pencil.roles[member] = set()

    async def _reset(self, member: int) -> None:
        await self.moderation.reset(self.by, self.target(member))
        self.pencil.resets[member] = self.now

    async def _reset_all(self, _: int) -> None:
        log = await self.oversight.log(self.guild, [], None, 0, 1)
        await self.moderation.reset_all(self.by, log[0].id if log else 0)
        self.pencil.resets[0] = self.now

    async def _block(self, member: int) -> None:
        until = self.random.choice([None, self.now + DAY])
        await self.moderation.block(self.by, self.target(member), until=until)
        self.pencil.blocked[member] = NEVER if until is None else until
        for job in self.pencil.jobs.values():
            if job.member == member and job.open:
                self._settle(job, 0)

    async def _unblock(self, member: int) -> None:
        done = self.pencil.blocked.pop(member, 0.0) > self.now
        await self._unless_refused(self.moderation.unblock(self.by, self.target(member)), done=done)

    async def _ceiling(self, _: int) -> None:
        self.pencil.ceiling = self.random.choice([0, 5, 25, 80])
        await self.operating.set_ceiling(1, self.guild, self.pencil.ceiling)

    async def cancel_waiting(self, guild_id: int, user_id: int) -> int:
        """What becomes of a blocked member's jobs; nothing is sent here, so all of them wait."""
        waiting = [job for job in await self.store.running(user_id) if job.server_id == guild_id]
        for job in waiting:
            assert job.state is JobState.ACCEPTED
            await self.store.cancel(job.id, self.now)
        return len(waiting)

    @staticmethod
    async def _unless_refused(change: Awaitable[object], *, done: bool) -> None:
        try:
            await change
        except UserError:
            assert not done
        else:
            assert done

    async def check(self) -> None:
        """Everybody has what the pencil says, and what is spent is what the ledger says."""
        for member in MEMBERS:
            balance = await self.quotas.balance(self.asker(member))
            bonuses = self.pencil.bonuses(member, self.now)
            assert balance.allowance == self.pencil.allowance(member) or (
                balance.allowance.generosity == self.pencil.allowance(member).generosity
            )
            assert balance.left == self.pencil.left(member, self.now)
            assert balance.bonus == sum(each.credits - each.spent for each in bonuses)
        rows = await asked(
            self.database,
            "SELECT holder, spent, ceiling, coalesce(sum(CASE kind WHEN 'reserve' THEN credits "
            "WHEN 'refund' THEN -credits ELSE 0 END), 0) "
            "FROM budgets LEFT JOIN ledger ON budget_id = budgets.id "
            f"WHERE holder BETWEEN 'member:{self.guild}:' AND 'member:{self.guild};' OR "
            f"holder BETWEEN 'bonus:{self.guild}:' AND 'bonus:{self.guild};' OR "
            f"holder = 'server:{self.guild}' GROUP BY budgets.id",
        )
        for holder, spent, given, booked in rows:
            assert spent == booked >= 0, holder
            assert spent <= given or not holder.startswith("bonus:"), holder
