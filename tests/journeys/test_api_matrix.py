"""Both commands at both image APIs, in every waiting mode, for one picture and for four, with every outcome.

Each two values meet in the cases that always run; the other combinations are `long`. After each case stand
the words that the member reads, the number of paid calls, the credits, and what stays in the bot's budget.
"""

from itertools import combinations, product

import pytest

from bot.texts import text
from sandbox.apis import ruxa_errors, xhuo_errors
from sandbox.apis.xhuo_errors import Shape, gateway_page
from sandbox.faults import Fault
from tests.api_cases import (
    COMMANDS,
    COUNTS,
    RUXA_CALL,
    RUXA_WAYS,
    WAYS,
    XHUO_CALL,
    XHUO_WAYS,
    Trouble,
    Way,
    all_pairs,
    cases,
    comes_to_nothing,
    given_up_at_once,
    is_delivered,
)
from tests.local_world import LocalWorld, billed, booked

XHUO_LATER = {name: way for name, way in XHUO_WAYS.items() if way.later}
XHUO_LINES = {f"{line.status}-{line.code}": line for line in xhuo_errors.ERRORS}
XHUO_SHAPES: dict[str, Shape] = {"specified": "specified", "without_success": "without_success"}
BUSY = "too_many_requests"
XHUO_MEANING = {401: "key", 429: BUSY, 500: "lost", 504: "lost"}
FORBIDDEN = {"used_up": "balance", "forbidden": "content", "disabled": "key"}
RUXA_MEANING = {401: "key", 402: "balance", 404: "rejected", 422: "rejected", 429: BUSY, 500: "lost"}
LANGUAGES = {"english": ruxa_errors.ENGLISH, "chinese": ruxa_errors.CHINESE}
STATUSES = {"by-status": False, "in-200": True}

COULD_NOT = "could not generate an image with the given prompt"

# What may have been billed, and is never asked for again.
LOST = {
    "gateway": gateway_page(502),
    "cut-before-it-was-read": Fault(reset="before"),
    "cut-after-it-was-made": Fault(reset="after"),
    "html-in-200": Fault(200, body=b"<html>welcome</html>"),
    "nothing-in-200": Fault(200, json={}),
}

# A refusal of content has many faces: an answer to the call, a task that failed, a success without a picture.
XHUO_REFUSALS = {
    "moderation": Trouble("content", changes={"refuse_words": {"boat"}}),
    "words-in-400": Trouble(
        "content", xhuo_errors.ApiError(400, "bad_request", "This violates our content policy.").fault()
    ),
    "words-in-500": Trouble("content", xhuo_errors.ApiError(500, "api_error", COULD_NOT).fault()),
    "bare-string": Trouble(
        "content", xhuo_errors.ApiError(403, "", "Rejected by moderation.").fault("bare_string")
    ),
    "in-200": Trouble("content", Fault(200, json=xhuo_errors.ApiError(200, "forbidden", "No.").body("r"))),
    "no-picture": Trouble("content", changes={"partial": 0}),
}
RUXA_REFUSALS = {
    "words-in-422": Trouble("content", ruxa_errors.ApiError(422, "The prompt has sensitive words").fault()),
    "chinese-422": Trouble("content", ruxa_errors.ApiError(422, "提示词违规").fault(in_200=True)),
    "words-in-500": Trouble("content", ruxa_errors.ApiError(500, COULD_NOT).fault(in_200=True)),
    "task": Trouble("content", changes={"refuse_words": {"boat"}}),
    "chinese-task": Trouble("content", changes={"refuse_words": {"boat"}, "chinese": True}),
    "no-picture": Trouble("content", changes={"no_picture": True}),
}

# What becomes of calls that were taken.
XHUO_FAILURES = {
    "api_error": Trouble("not_made", task=xhuo_errors.ApiError(500, "api_error", "Internal server error.")),
    "timeout": Trouble("not_made", task=xhuo_errors.ApiError(504, "timeout", "The task timed out.")),
    "invalid": Trouble("rejected", task=xhuo_errors.ApiError(400, "token_mismatched", "image_urls: no.")),
    "forbidden": Trouble("content", task=xhuo_errors.ApiError(403, "forbidden", "Rejected.")),
    "words": Trouble("content", task=xhuo_errors.ApiError(500, "api_error", COULD_NOT)),
}
RUXA_FAILURES = {
    "500": Trouble("not_made", task=ruxa_errors.ApiError(500, "Internal server error")),
    "chinese": Trouble("not_made", task=ruxa_errors.ApiError(500, "服务器错误")),
    "input": Trouble("not_made", task=ruxa_errors.ApiError(422, "Image fetch failed")),
    "words": Trouble("content", task=ruxa_errors.ApiError(500, "NSFW content detected")),
}


@pytest.mark.parametrize("sizes", [(5, 2, 2, 9), (3, 2, 2, 17, 2), (2, 2, 2, 6, 2, 2), (4, 3)])
def test_each_two_values_meet(sizes: tuple[int, ...]) -> None:
    """The chosen cases hold every pair of values of two factors, and are few."""
    chosen = all_pairs(*sizes)
    for one, other in combinations(range(len(sizes)), 2):
        met = {(case[one], case[other]) for case in chosen}
        assert met == set(product(range(sizes[one]), range(sizes[other])))
    largest, second = sorted(sizes)[:-3:-1]
    assert largest * second <= len(chosen) == len(set(chosen)) <= 1.5 * largest * second
    assert all_pairs(*sizes) == chosen


@pytest.mark.parametrize(("way", "command", "count"), cases(WAYS, COMMANDS, COUNTS))
async def test_all_goes_well(world: LocalWorld, way: Way, command: str, count: int) -> None:
    """The pictures are posted once, and cost what was said."""
    api = way.arrange(world)
    async with world.bot() as services:
        price = way.credits(command, count)
        interaction = world.order(command=command, count=count)
        await is_delivered(world, services, interaction, images=count, credits_=price)
        assert await booked(services.store) == {"reserve": price, "settle": price}
        assert await billed(services.store) == price
        assert api.posts == way.calls(count)
        assert api.billed == count
        assert len(api.callbacks.sent) == (way.calls(count) if "public" in way.settings else 0)


@pytest.mark.parametrize(
    ("way", "command", "count", "line", "shape"),
    cases(XHUO_WAYS, COMMANDS, COUNTS, XHUO_LINES, XHUO_SHAPES),
)
async def test_a_line_of_xhuoapis_table(
    world: LocalWorld, way: Way, command: str, count: int, line: xhuo_errors.ApiError, shape: Shape
) -> None:
    """One POST, one plain sentence, all credits back."""
    api = way.arrange(world)
    api.faults.plan("POST", XHUO_CALL, given_up_at_once(line.fault(shape)))
    key = FORBIDDEN[line.code] if line.status == 403 else XHUO_MEANING.get(line.status, "rejected")
    async with world.bot() as services:
        interaction = world.order(command=command, count=count)
        price = way.credits(command, count)
        await comes_to_nothing(world, services, interaction, key, spent=price, lost=key == "lost")
        assert api.posts == 1


@pytest.mark.parametrize(
    ("way", "command", "count", "line", "language", "in_200"),
    cases(RUXA_WAYS, COMMANDS, COUNTS, {str(code): code for code in RUXA_MEANING}, LANGUAGES, STATUSES),
)
async def test_a_line_of_ruxas_table(
    world: LocalWorld,
    way: Way,
    command: str,
    count: int,
    line: int,
    language: tuple[ruxa_errors.ApiError, ...],
    in_200: bool,
) -> None:
    """The code in the body decides; what is lost is one picture, what is refused would be all of them."""
    api = way.arrange(world, one_by_one=True)
    error = next(each for each in language if each.code == line)
    api.faults.plan("POST", RUXA_CALL, given_up_at_once(error.fault(in_200)), times=count)
    key = RUXA_MEANING[line]
    async with world.bot() as services:
        interaction = world.order(command=command, count=count)
        price = way.credits(command, count)
        await comes_to_nothing(world, services, interaction, key, spent=price, lost=key == "lost")
        assert api.posts == (count if key == "lost" else 1)


@pytest.mark.parametrize(("way", "command", "count", "fault"), cases(WAYS, COMMANDS, COUNTS, LOST))
async def test_a_lost_answer(world: LocalWorld, way: Way, command: str, count: int, fault: Fault) -> None:
    """It may have been billed: each call is made once, and stays in the bot's budget."""
    api = way.arrange(world, one_by_one=True)
    api.callbacks.times = 0  # or pictures may come after all
    api.faults.plan("POST", api.paid_path, fault, times=count)
    async with world.bot() as services:
        interaction = world.order(command=command, count=count)
        price = way.credits(command, count)
        await comes_to_nothing(world, services, interaction, "lost", spent=price, lost=True)
        assert api.posts == way.calls(count)


@pytest.mark.parametrize(
    ("way", "command", "count", "trouble"),
    [
        *cases(XHUO_WAYS, COMMANDS, COUNTS, XHUO_REFUSALS),
        *cases(RUXA_WAYS, COMMANDS, COUNTS, RUXA_REFUSALS),
    ],
)
async def test_refused_content(
    world: LocalWorld, way: Way, command: str, count: int, trouble: Trouble
) -> None:
    """Whatever its face, the member hears that the content was refused, and nobody asks again."""
    api = way.arrange(world, one_by_one=True)
    trouble.strikes(api)
    async with world.bot() as services:
        interaction = world.order(command=command, count=count)
        price = way.credits(command, count)
        await comes_to_nothing(world, services, interaction, trouble.key, spent=price, lost=False)
        assert api.posts == 1
        assert api.billed == 0


@pytest.mark.parametrize(
    ("way", "command", "count", "trouble"),
    [
        *cases(XHUO_LATER, COMMANDS, COUNTS, XHUO_FAILURES),
        *cases(RUXA_WAYS, COMMANDS, COUNTS, RUXA_FAILURES),
    ],
)
async def test_a_call_that_fails_after_it_was_taken(
    world: LocalWorld, way: Way, command: str, count: int, trouble: Trouble
) -> None:
    """Nothing is billed, and no call is made anew; refused content is not asked for in other calls either."""
    api = way.arrange(world, one_by_one=True)
    trouble.strikes(api)
    async with world.bot() as services:
        interaction = world.order(command=command, count=count)
        price = way.credits(command, count)
        await comes_to_nothing(world, services, interaction, trouble.key, spent=price, lost=False)
        assert api.posts == (1 if trouble.key == "content" else way.calls(count))
        assert api.billed == 0


@pytest.mark.parametrize("way", list(WAYS.values()), ids=list(WAYS))
async def test_busy_and_then_served(world: LocalWorld, way: Way) -> None:
    """The call is sent again after the pause that the API names, and the member sees nothing of it."""
    api = way.arrange(world)
    api.faults.plan("POST", api.paid_path, Fault(429, json={"code": 429}, headers={"Retry-After": "0"}))
    async with world.bot() as services:
        await is_delivered(world, services, world.order(count=4), images=4, credits_=4)
        assert await booked(services.store) == {"reserve": 4, "settle": 4}
        assert api.posts == way.calls(4) + 1


@pytest.mark.long
@pytest.mark.parametrize(("way", "count"), cases(WAYS, COUNTS))
async def test_no_result_in_time(world: LocalWorld, way: Way, count: int) -> None:
    """After `JOB_TIMEOUT` it is given up, told and refunded; it may be billed, so nobody asks again."""
    api = way.arrange(world)
    world.changes["job_timeout"] = 10
    api.seconds = 60
    async with world.bot() as services:
        interaction = world.order(count=count)
        key = "too_slow" if way.later else "lost"
        await world.answer(interaction, "Making")
        await world.ada.until(world.images, lambda each: each.content == text(f"failed.{key}"), timeout=20)
        price = way.credits("generate", count)
        await comes_to_nothing(world, services, interaction, key, spent=price, lost=True)
        assert api.posts == way.calls(count)
