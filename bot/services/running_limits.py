"""How many jobs of one member run at once in each server."""

from storage.settings import SettingsStore


class RunningLimits:
    """Kept in memory, because the queue asks for it at each turn; to be loaded before the first one.

    No server lets more run than `most`, the operator's number, which holds everywhere else.
    """

    def __init__(self, store: SettingsStore, most: int) -> None:
        self._store = store
        self.most = most
        self._own: dict[int, int] = {}

    async def load(self) -> None:
        """Learn what moderators have set before."""
        self._own = await self._store.running()

    def of(self, server_id: int | None) -> int:
        """How many may run."""
        return self.most if server_id is None else min(self._own.get(server_id, self.most), self.most)

    def own(self, server_id: int) -> int | None:
        """What moderators have set, also where the operator lets fewer run by now."""
        return self._own.get(server_id)

    def learn(self, server_id: int, number: int | None) -> None:
        """A moderator has set another number."""
        if number is None:
            self._own.pop(server_id, None)
        else:
            self._own[server_id] = number
