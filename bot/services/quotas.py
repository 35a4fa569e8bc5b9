"""Who may spend what, out of which budgets, and why: one function decides, the rest follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from bot.errors import UserError
from bot.images import ImageRequest
from bot.periods import Allowance, Period
from bot.services.accounts import BOT, SERVER, account_name, bonus_prefix, server_name
from bot.services.clock import Clock
from bot.services.limits import allowance_of, bonus_limit, generosity, limit_of
from bot.services.origin import Asker
from storage.accounts import AccountStore
from storage.errors import BudgetExhausted
from storage.records import BudgetLimit, Draw, JobRecord, Place
from storage.server_records import Bonus, Channels, RuleKind
from storage.standing import Payment, Standing, Whose


class Source(StrEnum):
    """Whose word an allowance is."""

    MEMBER = "member"  # their own, by a moderator
    ROLE = "role"
    SERVER = "server"  # the server's default
    OPERATOR = "operator"  # the operator's default
    DIRECT = "direct"  # the operator's, outside of servers with the bot
    LAST = "last"  # the one of their last request: what a job leaves, as their roles are not known then


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """What the operator allows: defaults, ceilings, and in which servers (none named: in all)."""

    member: Allowance
    direct: Allowance
    server: Allowance
    bot_budget: int
    allowed_servers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a member may spend here now, and which rule has decided it (a role's by `role_id`).

    `draw` is what a request is paid with; `refusal` is why there may be none at all.
    """

    allowance: Allowance
    source: Source
    role_id: int | None
    bonuses: tuple[Bonus, ...]
    draw: Draw
    refusal: UserError | None

    @property
    def account(self) -> BudgetLimit:
        """The limit of the allowance alone."""
        return self.draw.purse[0]


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member may spend, and has reserved and spent of their allowance (`used`)."""

    decision: Decision
    used: int

    @property
    def allowance(self) -> Allowance:
        """Credits, and how often they are granted."""
        return self.decision.allowance

    @property
    def left(self) -> int:
        """What is left of the allowance."""
        return max(0, self.allowance.credits - self.used)

    @property
    def bonus(self) -> int:
        """What is left of bonuses, on top."""
        return sum(bonus.left for bonus in self.decision.bonuses)

    @property
    def renews_at(self) -> float:
        """When the allowance is granted anew (seconds since 1970)."""
        return self.decision.account.period_end


class Quotas:
    """`decide` is the one place that decides: requests are paid as it says, and explained from the same."""

    def __init__(
        self,
        store: AccountStore,
        limits: OperatorLimits,
        *,
        known_as: Callable[[int, float], int],
        clock: Clock,
    ) -> None:
        self._store = store
        self.limits = limits
        self._known_as = known_as  # a member's id at a moment, or what stands for it
        self._clock = clock

    def whose(self, asker: Asker) -> Whose:
        """Whose standing is to be looked at."""
        known_as = self._known_as(asker.user_id, self._clock())
        guild_id = asker.guild_id if asker.place is Place.GUILD else None
        ids = dict.fromkeys([asker.user_id, known_as])
        return Whose(
            guild_id,
            asker.user_id,
            known_as,
            account_name(guild_id, known_as),
            () if guild_id is None else tuple(bonus_prefix(guild_id, each) for each in ids),
            asker.role_ids or (),
            asker.channel_ids,
        )

    def payment(self, asker: Asker, now: float) -> Payment:
        """Who pays for a request of this moment, to be decided in the transaction that accepts it."""
        whose = self.whose(asker)

        def decide(standing: Standing) -> Draw:
            decision = self.decide(asker, whose, now, standing)
            if decision.refusal:
                raise decision.refusal
            return decision.draw

        return Payment(whose, decide)

    def decide(self, asker: Asker, whose: Whose, now: float, standing: Standing) -> Decision:
        """What a member may spend where they are, from all that is known of how they stand there."""
        source, role_id, allowance = self._ruling(asker, whose, standing)
        account = limit_of(whose.account, allowance, now, standing.reset_at)
        bonuses = tuple(bonus for bonus in standing.bonuses if bonus.expires_at > now)
        bot = self.bot_budget(now)
        server = None
        if whose.guild_id is not None:
            server = self.server_ceiling(whose.guild_id, standing.ceiling, now)
        draw = Draw(
            purse=(account, *map(bonus_limit, bonuses)),
            ceilings=(server, bot) if server else (bot,),
            watched=server,
        )
        refusal = self._refusal(asker, whose, standing)
        return Decision(allowance, source, role_id, bonuses, draw, refusal)

    async def balance(self, asker: Asker) -> Balance:
        """What a member has left where they are."""
        whose, now = self.whose(asker), self._clock()
        decide = partial(self.decide, asker, whose, now)
        return Balance(*await self._store.account(whose, decide, now))

    async def left_after(self, job: JobRecord) -> int:
        """The credits that the member of a job has left now, bonuses among them."""
        balance = await self.balance(Asker(place=job.place, guild_id=job.guild_id, user_id=job.user_id))
        return balance.left + balance.bonus

    def bot_budget(self, now: float) -> BudgetLimit:
        """What the whole bot may spend."""
        budget = Allowance(self.limits.bot_budget, Period.DAY)
        return limit_of(BOT, budget, now, of_operator=True)

    def server_ceiling(self, guild_id: int, own: int | None, now: float) -> BudgetLimit:
        """What a server may spend; `own` is the ceiling that the operator has given it."""
        default = self.limits.server
        allowance = default if own is None else Allowance(own, default.period)
        return limit_of(server_name(guild_id), allowance, now, of_operator=True)

    def refusal(self, error: BudgetExhausted, request: ImageRequest, image_price: int) -> UserError:
        """The sentence for a budget with too little in it, with the price and when more comes."""
        back, price = int(error.period_end), request.count * image_price
        if error.holder == BOT or error.holder.startswith(SERVER):
            return self._ceiling_refusal(error, price, back)
        if error.ceiling <= 0:
            return UserError("refused.no_allowance")
        if request.asked_model:
            return UserError(
                "refused.credits_instead",
                asked=request.asked_model,
                model=request.model,
                n=price,
                left=max(0, error.left),
            )
        if price > error.ceiling:
            return UserError("refused.never_enough", n=price, ceiling=error.ceiling)
        return UserError("refused.credits", n=price, left=max(0, error.left), back=back)

    def _ceiling_refusal(self, error: BudgetExhausted, price: int, back: int) -> UserError:
        """The sentence for a ceiling of the operator; what never fits below it is not put off.

        What is left for a server is not told, but that something cheaper may still fit is.
        """
        if error.ceiling <= 0:
            return UserError("refused.nothing_here")
        if price > error.ceiling:
            return UserError("refused.never_here", n=price)
        if error.holder == BOT:
            return UserError("refused.bot_budget", back=back)
        if error.left > 0:
            return UserError("refused.too_little_here", n=price, back=back)
        return UserError(f"refused.server_ceiling.{self.limits.server.period}", back=back)

    def _ruling(self, asker: Asker, whose: Whose, standing: Standing) -> tuple[Source, int | None, Allowance]:
        """Own before the best role's, before the server's default, before the operator's."""
        if whose.guild_id is None:
            return Source.DIRECT, None, self.limits.direct
        rules = {kind: [rule for rule in standing.rules if rule.kind is kind] for kind in RuleKind}
        if own := rules[RuleKind.MEMBER]:
            return Source.MEMBER, None, allowance_of(own[0])
        if asker.role_ids is None and standing.last:
            credits_, period = standing.last
            return Source.LAST, None, Allowance(credits_, Period(period))
        if rules[RuleKind.ROLE]:
            best = max(rules[RuleKind.ROLE], key=generosity)
            return Source.ROLE, best.subject_id, allowance_of(best)
        if default := rules[RuleKind.DEFAULT]:
            return Source.SERVER, None, allowance_of(default[0])
        return Source.OPERATOR, None, self.limits.member

    def _refusal(self, asker: Asker, whose: Whose, standing: Standing) -> UserError | None:
        """Why nothing may be made here at all; channels count where one is named.

        A block is told first: moderators look for it, and it outlasts a pause.
        """
        if block := standing.block:
            until = None if block.until is None else int(block.until)
            return UserError("refused.blocked" if until is None else "refused.blocked_until", until=until)
        if standing.paused:
            return UserError("refused.paused")
        allowed = self.limits.allowed_servers
        if whose.guild_id is not None and allowed and whose.guild_id not in allowed:
            return UserError("refused.server_not_allowed")
        wrong = {Channels.EVERYWHERE: None, Channels.ONLY: False, Channels.EXCEPT: True}[standing.channels]
        if asker.channel_ids and standing.listed is wrong:
            return UserError("refused.channel")
        return None
