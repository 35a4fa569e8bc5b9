"""Under which id the accounts of members stand who have deleted their data while a period goes on.

So nobody gets a fresh allowance by being forgotten. When the period is over, so is what links them to it.
"""

import hashlib
import hmac
import secrets

from bot.services.clock import Clock
from storage.forgetting import Forgetting, StandIn


class StandIns:
    """Kept in memory, because every request asks for it; to be loaded before the first one."""

    def __init__(self, store: Forgetting, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._key = b""
        self._known: dict[str, StandIn] = {}

    async def load(self) -> None:
        """Learn who has deleted their data before."""
        self._key = await self._store.key()
        self._known = await self._store.stand_ins()

    def known_as(self, user_id: int, now: float) -> int:
        """The id under which a member's accounts stand at this moment: mostly their own."""
        if not self._known:
            return user_id
        stand_in = self._known.get(self.tag(user_id))
        return stand_in.id if stand_in and now < stand_in.until else user_id

    def tag(self, user_id: int) -> str:
        """A member's name in the list: it tells nothing to who has not the key."""
        return hmac.new(self._key, str(user_id).encode(), hashlib.sha256).hexdigest()

    def choose(self, user_id: int, now: float) -> int:
        """The id that shall stand for a member from now on: a negative one, which nobody at Discord has."""
        known = self.known_as(user_id, now)
        return known if known < 0 else -1 - secrets.randbits(62)

    def remember(self, user_id: int, stand_in: StandIn) -> None:
        """Let an id stand for a member until the period is over."""
        self._known[self.tag(user_id)] = stand_in

    async def forget(self) -> None:
        """Forget who stood behind the ids of periods that are over."""
        now = self._clock()
        if any(stand_in.until <= now for stand_in in self._known.values()):
            await self._store.forget_stand_ins(now)
            # Who has come back meanwhile is not among them.
            self._known = {tag: each for tag, each in self._known.items() if each.until > now}
