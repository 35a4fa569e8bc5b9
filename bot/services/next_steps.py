"""What can be asked for next, from a job that has a result."""

from bot.images import ImageRequest
from bot.services.request_rules import RequestRules, request_of
from storage.records import JobRecord


def again(job: JobRecord) -> ImageRequest:
    """The same request, with the model that its member named."""
    return request_of(job).but(model=job.asked_model or job.model, asked_model=None)


def bigger(job: JobRecord, rules: RequestRules) -> ImageRequest | None:
    """The same words about one picture at the next resolution, with a model that can, its own if possible."""
    sizes = rules.resolutions
    if job.resolution not in sizes or job.resolution == sizes[-1]:
        return None
    size = sizes[sizes.index(job.resolution) + 1]
    own = job.asked_model or job.model
    asked = again(job).but(resolution=size, count=1, aspect_ratio=None)
    return next(
        (
            request
            for model in dict.fromkeys([own, *rules.models])
            if rules.price_asked(request := asked.but(model=model), editing=True) is not None
        ),
        None,
    )


def cost(request: ImageRequest, rules: RequestRules, *, editing: bool) -> int | None:
    """Credits for all of its pictures if all APIs are well; None if it cannot be had."""
    price = rules.price_asked(request, editing=editing)
    return None if price is None else price * request.count
