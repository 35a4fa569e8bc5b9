"""What may be asked for: checks a request before anything is spent, and names what would work instead."""

import math
from collections.abc import Collection, Mapping, Sequence

from bot.errors import UserError
from bot.images import AUTO, COUNT_LIMIT, DEFAULT_ASPECT_RATIO, PROMPT_LIMIT, SOURCES_LIMIT, ImageRequest
from bot.prices import PriceList
from bot.providers.base import Offer
from bot.quoting import plain, quoted
from storage.records import JobRecord


class RequestRules:
    """What the image APIs offer, by their names in order of preference, at the operator's prices."""

    def __init__(self, offers: Mapping[str, Sequence[Offer]], prices: PriceList) -> None:
        self._offers = offers
        self._all = [offer for each in offers.values() for offer in each]
        self.models = list(dict.fromkeys(offer.model for offer in self._all))
        self.aspect_ratios = list(dict.fromkeys(each for offer in self._all for each in offer.aspect_ratios))
        self.resolutions = list(dict.fromkeys(each for offer in self._all for each in offer.resolutions))
        self.prices = prices

    def prices_of(self, model: str, *, editing: bool = False) -> dict[str, int]:
        """The resolutions of a model, however it is typed, with credits for one image; else of the first."""
        known = {name.casefold(): name for name in self.models}
        name = known.get(model.strip().casefold(), self.models[0])
        offers = [offer for offer in self._all if offer.model == name]
        maker = name
        if editing and all(offer.edited_as for offer in offers):
            maker = offers[0].edited_as or name
        sizes = dict.fromkeys(size for offer in offers for size in offer.resolutions)
        prices = self.prices.of_model(maker)
        return {size: prices[size] for size in sizes if size in prices}

    def price_asked(self, request: ImageRequest, *, editing: bool) -> int | None:
        """Credits for one image of what was chosen so far, if all APIs are well; None if it cannot be had."""
        try:
            request = self._spelt(request, editing=editing)
        except UserError:
            return None
        if not self._possible(request, editing=editing):
            return None
        return self.price(self.as_made(request, editing=editing, well=self._offers))

    def price(self, request: ImageRequest) -> int:
        """Credits for one image of a checked request."""
        return self.prices.price(request.model, request.resolution)

    def check(self, request: ImageRequest, *, sources: int) -> ImageRequest:
        """The request as the APIs spell it; raises `UserError` for what cannot be made."""
        prompt = request.prompt.encode(errors="ignore").decode().strip()  # half a character is none
        if not plain(prompt, len(prompt)):
            raise UserError("refused.prompt_empty")
        if len(prompt) > PROMPT_LIMIT:
            raise UserError("refused.prompt_long", length=f"{len(prompt):,}", limit=f"{PROMPT_LIMIT:,}")
        if not 1 <= request.count <= COUNT_LIMIT:
            raise UserError("refused.count", limit=COUNT_LIMIT)
        if sources > SOURCES_LIMIT:
            raise UserError("refused.too_many_pictures", limit=SOURCES_LIMIT)
        request = self._spelt(request.but(prompt=prompt), editing=bool(sources))
        if not self._possible(request, editing=bool(sources)):
            self._refuse(request, editing=bool(sources))
        return request

    def able(self, request: ImageRequest, *, editing: bool) -> tuple[str, ...]:
        """The APIs that offer exactly this, in order of preference."""
        return tuple(
            api
            for api, offers in self._offers.items()
            if any(_takes(offer, request) and not (editing and offer.edited_as) for offer in offers)
        )

    def as_made(self, request: ImageRequest, *, editing: bool, well: Collection[str]) -> ImageRequest:
        """A checked request, with the model that can make it now where the one that was named cannot.

        Another model edits in its place if no API that is well offers what was named.
        """
        able = self.able(request, editing=editing)
        if not editing or not set(well).isdisjoint(able):
            return request
        asked = [api for api in self._offers if api in well or not able]
        return next((other for api in asked if (other := self._in_its_place(api, request))), request)

    def _spelt(self, request: ImageRequest, *, editing: bool) -> ImageRequest:
        """The request in the words of the APIs; raises `UserError` for a word that none of them knows."""
        return request.but(
            model=_match(request.model, self.models, "refused.model"),
            resolution=_match(request.resolution, self.resolutions, "refused.resolution"),
            aspect_ratio=self._ratio(request.aspect_ratio, editing=editing),
        )

    def _ratio(self, given: str | None, *, editing: bool) -> str | None:
        """The ratio as it is spelt; an edit that leaves it to the model keeps the shape of its input."""
        if given is None:
            return None if editing else DEFAULT_ASPECT_RATIO
        ratio = _match(given.replace(" ", ""), self.aspect_ratios, "refused.aspect_ratio")
        return None if editing and ratio == AUTO else ratio

    def _possible(self, request: ImageRequest, *, editing: bool) -> bool:
        """Whether some API can make this, if need be with another model."""
        others = (self._in_its_place(api, request) for api in self._offers)
        return bool(self.able(request, editing=editing) or (editing and any(others)))

    def _in_its_place(self, api: str, request: ImageRequest) -> ImageRequest | None:
        """The edit with the model that works in place of the named one at an API, if there is one."""
        for offer in self._offers[api]:
            if offer.edited_as and _takes(offer, request):
                other = request.but(model=offer.edited_as, asked_model=request.model)
                if self.able(other, editing=True):
                    return other
        return None

    def _refuse(self, request: ImageRequest, *, editing: bool) -> None:
        """Name the nearest that works: another model for the same, or the nearest shape."""
        models = [model for model in self.models if self._possible(request.but(model=model), editing=editing)]
        shapes = [
            ratio
            for ratio in self.aspect_ratios
            if ratio != AUTO and self._possible(request.but(aspect_ratio=ratio), editing=editing)
        ]
        values = {"model": request.model, "resolution": request.resolution, "ratio": request.aspect_ratio}
        values["able"] = " or ".join(models)
        if shapes and request.aspect_ratio:
            values["nearest"] = min(shapes, key=lambda ratio: _distance(ratio, str(request.aspect_ratio)))
            raise UserError("refused.model_and_ratio" if models else "refused.ratio", **values)
        if not models:
            raise UserError("refused.combination", **values)
        cannot_edit = editing and self._possible(request, editing=False)
        raise UserError("refused.model_and_edit" if cannot_edit else "refused.model_and_resolution", **values)


def request_of(job: JobRecord) -> ImageRequest:
    """What a job asks for."""
    return ImageRequest(
        prompt=job.prompt,
        model=job.model,
        asked_model=job.asked_model,
        resolution=job.resolution,
        aspect_ratio=job.aspect_ratio,
        count=job.count,
        spoiler=job.spoiler,
        private=job.private,
    )


def _takes(offer: Offer, request: ImageRequest) -> bool:
    """Whether an offer is for this model, size and shape."""
    shape = request.aspect_ratio is None or request.aspect_ratio in offer.aspect_ratios
    return offer.model == request.model and request.resolution in offer.resolutions and shape


def _distance(one: str, other: str) -> float:
    """How unlike two shapes are."""
    return abs(_stretch(one) - _stretch(other))


def _stretch(ratio: str) -> float:
    """0 for a square, positive for what is wide, the same negative for what is as tall."""
    if ratio == AUTO:
        return 0.0
    width, _, height = ratio.partition(":")
    return math.log(int(width) / int(height))


def _match(word: str, choices: Sequence[str], refusal: str) -> str:
    """The choice that a person meant, whatever the case."""
    given = " ".join(word.split())
    meant = given.casefold()
    for choice in choices:
        if meant == choice.casefold():
            return choice
    raise UserError(refusal, given=quoted(given, 40), choices=", ".join(choices))
