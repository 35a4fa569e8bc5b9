"""Who pays for a request, out of which budgets, and what is left in them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.errors import UserError
from bot.images import ImageRequest
from bot.periods import Allowance, Period
from bot.services.clock import Clock
from storage.errors import BudgetExhausted
from storage.jobs import JobStore
from storage.records import BudgetLimit, JobRecord, Place

BOT = "bot"  # the holder of the whole bot's budget


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has left: credits of the allowance, and when it is granted anew (seconds since 1970)."""

    left: int
    allowance: Allowance
    renews_at: float


class Quotas:
    """One function decides what may be spent (`budgets`), one explains (`refusal`), from the same limits."""

    def __init__(
        self,
        store: JobStore,
        *,
        member: Allowance,
        direct: Allowance,
        bot_budget: int,
        known_as: Callable[[int, float], int],
        clock: Clock,
    ) -> None:
        self._store = store
        self._member = member
        self._direct = direct
        self._bot = Allowance(bot_budget, Period.DAY)
        self._known_as = known_as  # a member's id at a moment, or what stands for it
        self._clock = clock

    def budgets(self, place: Place, guild_id: int | None, user_id: int) -> list[BudgetLimit]:
        """What a request draws on, all of it together: the account, then the bot's budget."""
        now = self._clock()
        account = self._account(place, guild_id, user_id, now)
        return [_limit(account, self._allowance(place), now), self._whole_bot(now)]

    async def balance(self, place: Place, guild_id: int | None, user_id: int) -> Balance:
        """What a member has left where they are."""
        now, allowance = self._clock(), self._allowance(place)
        limit = _limit(self._account(place, guild_id, user_id, now), allowance, now)
        left = max(0, limit.ceiling - await self._store.spent(limit))
        return Balance(left, allowance, limit.period_end)

    async def left_after(self, job: JobRecord) -> int:
        """The credits that the member of a job has left now."""
        return (await self.balance(job.place, job.guild_id, job.user_id)).left

    @staticmethod
    def refusal(error: BudgetExhausted, request: ImageRequest, image_price: int) -> UserError:
        """The sentence for a budget with too little in it, with the price and when more comes."""
        back, price = int(error.period_end), request.count * image_price
        if error.holder == BOT:
            return UserError("refused.bot_budget", back=back)
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

    def _allowance(self, place: Place) -> Allowance:
        return self._member if place is Place.GUILD else self._direct

    def _whole_bot(self, now: float) -> BudgetLimit:
        return replace(_limit(BOT, self._bot, now), of_operator=True)

    def _account(self, place: Place, guild_id: int | None, user_id: int, now: float) -> str:
        """A member has one account in each server with the bot, and one for everywhere else."""
        holder = f"member:{guild_id}" if place is Place.GUILD else "user"
        return f"{holder}:{self._known_as(user_id, now)}"


def renamed(account: str, user_id: int, stand_in: int) -> str:
    """The name of a member's account under another id; other accounts keep theirs."""
    holder, _, owner = account.rpartition(":")
    return f"{holder}:{stand_in}" if owner == str(user_id) else account


def _limit(holder: str, allowance: Allowance, now: float) -> BudgetLimit:
    start, end = allowance.period.around(now)
    return BudgetLimit(holder, start, end, allowance.credits)
