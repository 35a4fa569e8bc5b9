"""Every way in which the image API fails: what the member reads, what it costs, how often we ask."""

import logging
import time
from email.utils import formatdate
from itertools import cycle

import pytest

from bot.texts import text
from sandbox.apis.xhuo_errors import ERRORS, ApiError, Shape, gateway_page
from sandbox.faults import Fault
from storage.records import JobState
from tests.local_world import LocalWorld, booked, ended

CALL = "/v1/nano-banana/images"
MEANINGS = {401: "key", 429: "", 500: "lost", 504: "lost"}
FORBIDDEN = {"used_up": "balance", "forbidden": "content", "disabled": "key"}
SHAPES: tuple[Shape, ...] = ("specified", "without_success")


def meaning(error: ApiError) -> str:
    """The key of the sentence for a line of the table."""
    return FORBIDDEN[error.code] if error.status == 403 else MEANINGS.get(error.status, "rejected")


# Every line in both shapes; the command and the number of pictures change along the way.
LINES = [
    pytest.param(
        error,
        shape,
        ("generate", "edit")[(line + turn) % 2],
        (1, 4)[(line // 2 + turn) % 2],
        id=f"{error.status}-{error.code}-{shape}",
    )
    for line, error in enumerate(ERRORS)
    for turn, shape in enumerate(SHAPES)
    if error.status != 429
]

LOST = {
    "a gateway's page": gateway_page(502),
    "500 without a body": Fault(500, body=b""),
    "503": Fault(503, json={"error": "Service unavailable"}),
    "cut before it was read": Fault(reset="before"),
    "cut after it was made": Fault(reset="after"),
    "HTML under 200": Fault(200, body=b"<html>welcome</html>"),
    "a list under 200": Fault(200, json=[]),
    "half an answer": Fault(200, body=b'{"success": true, "data": [{"image_u'),
    "no data": Fault(200, json={"success": True, "task_id": "t", "trace_id": "r"}),
    "an error under 200": Fault(200, json=ApiError(500, "api_error", "Internal server error.").body("r")),
}


@pytest.mark.parametrize(("error", "shape", "command", "count"), LINES)
async def test_a_line_of_the_table(
    world: LocalWorld, error: ApiError, shape: Shape, command: str, count: int
) -> None:
    """One POST, one plain sentence, all credits back."""
    world.api.faults.plan("POST", CALL, error.fault(shape))
    async with world.bot() as services:
        await world.refunded(services, world.order(command=command, count=count), meaning(error), count)
        assert world.api.posts == 1


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (ApiError(401, "", "The token is invalid."), "key"),
        (ApiError(403, "", "The content was rejected by moderation."), "content"),
        (ApiError(500, "", "could not generate an image with the given prompt"), "content"),
        (ApiError(500, "", "Internal server error."), "lost"),
    ],
)
async def test_an_error_as_a_bare_string(world: LocalWorld, error: ApiError, key: str) -> None:
    """Without a code, status and words must do."""
    world.api.faults.plan("POST", CALL, error.fault("bare_string"))
    async with world.bot() as services:
        await world.refunded(services, world.order(), key, 1)


@pytest.mark.parametrize("code", ["used_up", "forbidden"])
async def test_an_error_under_200(world: LocalWorld, code: str) -> None:
    """`success: false` counts, whatever the status says."""
    body = ApiError(200, code, "No.").body("r")
    world.api.faults.plan("POST", CALL, Fault(200, json=body))
    async with world.bot() as services:
        await world.refunded(services, world.order(), FORBIDDEN[code], 1)


@pytest.mark.parametrize("status", [401, 403])
async def test_the_operator_is_told(world: LocalWorld, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """A bad key and an empty account are errors in the log, with the reason."""
    error = next(each for each in ERRORS if each.status == status)
    world.api.faults.plan("POST", CALL, error.fault())
    async with world.bot() as services:
        await world.refunded(services, world.order(), meaning(error), 1)
    [line] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.code in line.getMessage()
    assert world.api.key not in caplog.text


@pytest.mark.parametrize(("case", "count"), list(zip(LOST, cycle((1, 4)), strict=False)))
async def test_a_lost_answer_is_never_asked_for_again(world: LocalWorld, case: str, count: int) -> None:
    """It may have been billed: one POST, a refund, and a button to try again."""
    world.api.faults.plan("POST", CALL, LOST[case])
    async with world.bot() as services:
        answer = await world.refunded(services, world.order(count=count), "lost", count)
        assert world.api.posts == 1
        [job] = await ended(services.store)
        assert job.state is JobState.UNKNOWN
        again = world.ada.press(answer, text("button.again"))
        await world.answer(again, "Done")
        assert world.api.posts == 2
        assert await booked(services.store) == {"reserve": 2 * count, "refund": count, "settle": count}


@pytest.mark.settings(job_timeout=10)
async def test_an_api_that_never_answers(world: LocalWorld) -> None:
    """After `JOB_TIMEOUT` the job is given up, and not asked for again."""
    world.api.faults.plan("POST", CALL, Fault(hang=True))
    async with world.bot() as services:
        interaction = world.order(command="edit")
        await world.answer(interaction, "Making")
        await world.ada.until(world.images, lambda message: "broke off" in message.content, timeout=15)
        await world.refunded(services, interaction, "lost", 1)
        assert world.api.posts == 1


@pytest.mark.parametrize(("code", "form"), [("too_many_requests", "seconds"), ("rate_limited", "date")])
async def test_a_busy_api_is_asked_again_after_its_pause(world: LocalWorld, code: str, form: str) -> None:
    """Retry-After is obeyed, as seconds and as a date."""
    pause = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    body = ApiError(429, code, "Slow down.").body("r")
    world.api.faults.plan("POST", CALL, Fault(429, json=body, headers={"Retry-After": pause}))
    async with world.bot() as services:
        await world.answer(world.order(count=4), "Done")
        first, second = (seen.at for seen in world.api.faults.seen if seen.method == "POST")
        assert second - first >= 1
        assert await booked(services.store) == {"reserve": 4, "settle": 4}


async def test_a_busy_api_that_names_no_pause(world: LocalWorld) -> None:
    """Then a pause of our own comes before the next try."""
    world.api.faults.plan("POST", CALL, ApiError(429, "rate_limited", "Slow down.").fault("without_success"))
    async with world.bot():
        await world.answer(world.order(command="edit"), "Done")
        assert world.api.posts == 2


@pytest.mark.parametrize(("pause", "posts"), [("0", 6), ("300", 1)])
async def test_an_api_that_stays_busy(world: LocalWorld, pause: str, posts: int) -> None:
    """After six tries, or when it asks for too long a pause, the credits go back."""
    body = ApiError(429, "rate_limited", "Slow down.").body("r")
    world.api.faults.plan("POST", CALL, Fault(429, json=body, headers={"Retry-After": pause}), times=6)
    async with world.bot() as services:
        await world.refunded(services, world.order(), "too_many_requests", 1)
        assert world.api.posts == posts
