"""Members' own defaults: what their commands take where they say nothing."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from bot.errors import UserError
from bot.images import DEFAULT_MODEL, DEFAULT_RESOLUTION, ImageRequest
from bot.services.request_rules import RequestRules
from storage.members import MemberDefaults, MemberStore

NOTHING_SET = MemberDefaults()
NO_REQUEST = ImageRequest(prompt="-")  # whether something can be made does not depend on the words
CHOICES = ("model", "resolution", "aspect_ratio")  # the ones to be kept rather than the next ones first


class Defaults:
    """Kept in memory, because they decide the very first answer to Discord, and written through.

    To be loaded before the first command.
    """

    def __init__(self, store: MemberStore, rules: RequestRules) -> None:
        self._store = store
        self._rules = rules
        self._known: dict[int, MemberDefaults] = {}
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Learn what members have set before."""
        self._known = dict(await self._store.defaults())

    def of(self, user_id: int) -> MemberDefaults:
        """What a member has set."""
        return self._known.get(user_id, NOTHING_SET)

    def request(
        self,
        user_id: int,
        prompt: str,
        *,
        editing: bool,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        count: int = 1,
        spoiler: bool | None = None,
        private: bool | None = None,
    ) -> ImageRequest:
        """What a member asks for: what they name, and their defaults where they name nothing.

        A default that does not fit the rest gives way, so that only what was named can be refused.
        """
        own = self.of(user_id)
        named = {"model": model, "aspect_ratio": aspect_ratio, "resolution": resolution}
        filled = self._filled({k: v for k, v in named.items() if v is not None}, own, editing=editing)
        return ImageRequest(
            prompt=prompt,
            model=filled.get("model", DEFAULT_MODEL),
            aspect_ratio=filled.get("aspect_ratio"),
            resolution=filled.get("resolution", DEFAULT_RESOLUTION),
            count=count,
            spoiler=own.spoiler if spoiler is None else spoiler,
            private=own.private if private is None else private,
        )

    async def change(self, user_id: int, *, clear: bool = False, **named: str | bool) -> MemberDefaults:
        """Set what is named, and forget the rest if asked to; gives what is set now.

        Raises `UserError` for what cannot be made, and then nothing was changed.
        """
        async with self._turn:
            changed = replace(NOTHING_SET if clear else self.of(user_id), **named)  # type: ignore[arg-type]
            if named.keys() & set(CHOICES):
                changed = self._checked(changed)
            if changed == NOTHING_SET:
                await self._store.clear_defaults(user_id)
                self._known.pop(user_id, None)
            else:
                await self._store.set_defaults(user_id, changed)
                self._known[user_id] = changed
            return changed

    def forget(self, user_id: int) -> None:
        """Their defaults are deleted: know them no longer."""
        self._known.pop(user_id, None)

    def _filled(self, named: dict[str, str], own: MemberDefaults, *, editing: bool) -> dict[str, str]:
        """The named choices, with as many defaults as fit to them."""
        offered = {name: getattr(own, name) for name in CHOICES if name not in named}
        if editing:  # which keeps the shape of its input
            offered.pop("aspect_ratio", None)
        for kept in _subsets({name: choice for name, choice in offered.items() if choice is not None}):
            if self._possible(named | kept, editing=editing):
                return named | kept
        return named

    def _possible(self, choices: Mapping[str, str], *, editing: bool) -> bool:
        try:
            self._rules.check(NO_REQUEST.but(**choices), sources=int(editing))
        except UserError:
            return False
        return True

    def _checked(self, defaults: MemberDefaults) -> MemberDefaults:
        """The defaults as the APIs spell them; raises `UserError` if no new picture can be made so."""
        given = {name: getattr(defaults, name) for name in CHOICES}
        set_ = {name: choice for name, choice in given.items() if choice is not None}
        spelt = self._rules.check(NO_REQUEST.but(**set_), sources=0)
        return replace(defaults, **{name: getattr(spelt, name) for name in set_})


def _subsets(choices: dict[str, str]) -> Iterator[dict[str, str]]:
    """All of them first, then ever fewer; of those that are as many, the ones with the first first."""
    for number in range(len(choices), 0, -1):
        for names in combinations(choices, number):
            yield {name: choices[name] for name in names}
