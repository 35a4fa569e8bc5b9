"""What may be asked for: checks a request before anything is spent, and names what would work instead."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.images import COUNT_LIMIT, DEFAULT_ASPECT_RATIO, PROMPT_LIMIT, SOURCES_LIMIT, ImageRequest
from bot.prices import PriceList
from bot.providers.base import Offer


class RequestRules:
    """The models, resolutions and ratios that the image APIs offer, at the operator's prices."""

    def __init__(self, offers: Sequence[Offer], prices: PriceList) -> None:
        self._offers = offers
        self.prices = prices

    @property
    def models(self) -> list[str]:
        """The models on offer."""
        return list(dict.fromkeys(offer.model for offer in self._offers))

    @property
    def aspect_ratios(self) -> list[str]:
        """The aspect ratios that some model takes."""
        return list(dict.fromkeys(ratio for offer in self._offers for ratio in offer.aspect_ratios))

    @property
    def resolutions(self) -> list[str]:
        """The resolutions that some model has."""
        return list(dict.fromkeys(size for offer in self._offers for size in offer.resolutions))

    def prices_of(self, model: str) -> dict[str, int]:
        """The resolutions of a model, however it is typed, with credits for one image; else of the first."""
        known = {name.casefold(): name for name in self.models}
        return self.prices.of_model(known.get(model.strip().casefold(), self.models[0]))

    def check(self, request: ImageRequest, *, sources: int) -> ImageRequest:
        """The request as the APIs spell it; raises `UserError` for what cannot be made."""
        prompt = request.prompt.strip()
        if not any(character.isprintable() and not character.isspace() for character in prompt):
            raise UserError("refused.prompt_empty")
        if len(prompt) > PROMPT_LIMIT:
            raise UserError("refused.prompt_long", length=f"{len(prompt):,}", limit=f"{PROMPT_LIMIT:,}")
        if not 1 <= request.count <= COUNT_LIMIT:
            raise UserError("refused.count", limit=COUNT_LIMIT)
        if sources > SOURCES_LIMIT:
            raise UserError("refused.too_many_pictures", limit=SOURCES_LIMIT)
        model = _match(request.model, self.models, "refused.model")
        resolution = _match(request.resolution, self.resolutions, "refused.resolution")
        ratio = request.aspect_ratio
        if ratio is not None:
            ratio = _match(ratio.replace(" ", ""), self.aspect_ratios, "refused.aspect_ratio")
        elif not sources:
            ratio = DEFAULT_ASPECT_RATIO
        self._check_together(model, resolution)
        return request.but(prompt=prompt, model=model, resolution=resolution, aspect_ratio=ratio)

    def _check_together(self, model: str, resolution: str) -> None:
        able = [offer.model for offer in self._offers if resolution in offer.resolutions]
        if model not in able:
            raise UserError(
                "refused.model_and_resolution", model=model, resolution=resolution, able=" or ".join(able)
            )


def _match(word: str, choices: Sequence[str], refusal: str) -> str:
    """The choice that a person meant, whatever the case."""
    given = " ".join(word.split())
    meant = given.casefold()
    for choice in choices:
        if meant == choice.casefold():
            return choice
    raise UserError(refusal, given=given[:40], choices=", ".join(choices))
