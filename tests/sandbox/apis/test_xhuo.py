"""The stand-in of XHuoAPI makes pictures as specified, and fails on demand."""

import asyncio
import io
import uuid

import aiohttp
import pytest
from PIL import Image

from sandbox.apis.painter import read_marks
from sandbox.apis.xhuo import XHuoServer
from sandbox.apis.xhuo_errors import ERRORS, ApiError, Shape, gateway_page
from sandbox.faults import Fault
from tests.sandbox.apis.client import GENERATE, HEADERS, Client, data_uri, edit, picture_file


async def test_generate_answers_as_specified(api: XHuoServer, client: Client) -> None:
    """The least body gives one picture with the prompt, ids, and a link that ends in .png."""
    status, answer = await client.post(GENERATE)
    assert (status, answer["success"]) == (200, True)
    assert sorted(answer) == ["data", "success", "task_id", "trace_id"]
    assert uuid.UUID(answer["task_id"]) != uuid.UUID(answer["trace_id"])
    [item] = answer["data"]
    assert item["prompt"] == "a red boat"
    assert item["image_url"].startswith(f"http://{api.authority}/nanobanana/")
    assert item["image_url"].endswith(".png")
    marks = read_marks(await client.get(item["image_url"]))
    assert (marks.prompt, marks.model, marks.size) == ("a red boat", "nano-banana", (1024, 1024))


async def test_every_field_counts(api: XHuoServer, client: Client) -> None:
    """Model, ratio, resolution and count decide what is made, and the call is kept with what it cost."""
    body = {**GENERATE, "model": "nano-banana-2", "aspect_ratio": "16:9", "resolution": "2K", "count": 4}
    pictures = [read_marks(data) for data in await client.made(body)]
    assert [(picture.model, picture.size, picture.number) for picture in pictures] == [
        ("nano-banana-2", (2752, 1536), number) for number in range(4)
    ]
    [call] = api.calls
    assert (call.action, call.prompt, call.model, call.aspect_ratio) == (
        "generate",
        "a red boat",
        "nano-banana-2",
        "16:9",
    )
    assert (call.resolution, call.count, call.inputs, call.billed) == ("2K", 4, (), 4)
    assert (api.billed, api.posts) == (4, 1)


@pytest.mark.parametrize(
    ("model", "kind"), [("nano-banana", "PNG"), ("nano-banana-2", "JPEG"), ("nano-banana-pro", "JPEG")]
)
async def test_the_bytes_follow_the_model_and_not_the_name(client: Client, model: str, kind: str) -> None:
    """Only nano-banana gives PNG; the others give JPEG under a name that ends in .png."""
    [data] = await client.made({**GENERATE, "model": model})
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == kind


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
async def test_edit_takes_data_uris_and_links(api: XHuoServer, client: Client, kind: str) -> None:
    """Both kinds of input are really read, in their order, and seen in the picture."""
    [link] = (await client.post(GENERATE))[1]["data"]
    blue = picture_file(kind.upper(), "blue")
    [data] = await client.made(edit(data_uri(blue, kind), link["image_url"], data_uri(picture_file())))
    first, _, third = read_marks(data).inputs
    assert first == pytest.approx((0, 0, 255), abs=8)
    assert third == pytest.approx((255, 0, 0), abs=8)
    assert api.calls[-1].inputs[0] == blue


async def test_eight_large_inputs_fit(api: XHuoServer, client: Client) -> None:
    """Bodies of tens of megabytes are read."""
    large = io.BytesIO()
    Image.effect_noise((1400, 1400), 90).save(large, "PNG", compress_level=0)
    await client.made(edit(*[data_uri(large.getvalue())] * 8))
    assert [len(data) for data in api.calls[-1].inputs] == [len(large.getvalue())] * 8


async def test_the_balance_runs_out(client: Client, api: XHuoServer) -> None:
    """Calls at the same time never spend more than the balance; then it is 403 used_up."""
    api.balance = 3
    answers = await asyncio.gather(*(client.post({**GENERATE, "count": 2}) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 403, 403]
    assert (api.balance, api.billed) == (1, 2)
    assert next(answer for status, answer in answers if status == 403)["error"]["code"] == "used_up"


@pytest.mark.parametrize(("partial", "images"), [(0, 0), (1, 1), (3, 3), (9, 4)])
async def test_some_images_may_fail(client: Client, api: XHuoServer, partial: int, images: int) -> None:
    """Only what was made is returned and billed, even nothing."""
    api.partial = partial
    assert len(await client.made({**GENERATE, "count": 4})) == images
    assert api.billed == images


async def test_too_many_calls_at_once_are_429(client: Client, api: XHuoServer) -> None:
    """The call above the limit is rate_limited while the others run."""
    api.max_in_flight, api.seconds = 2, 0.3
    answers = await asyncio.gather(*(client.post(GENERATE) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 200, 429]
    assert (api.billed, api.in_flight) == (2, 0)


async def test_a_call_takes_its_time(client: Client, api: XHuoServer) -> None:
    """The time is asked for at every call, and the connection stays open as long."""
    times = iter([0.0, 5.0])
    api.seconds = lambda: next(times)
    await client.post(GENERATE)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.post(GENERATE), 0.4)
    assert len(api.calls) == 1


async def test_a_client_that_leaves_is_billed_all_the_same(client: Client) -> None:
    """The picture is made although nobody waits for it any more (a closing server ends its calls)."""
    async with XHuoServer(key="right", seconds=0.3) as api:
        call = asyncio.create_task(Client(api, client.http).post(GENERATE))
        await api.faults.until_seen("POST", "*")
        call.cancel()
    assert (api.billed, len(api.calls)) == (1, 1)


@pytest.mark.parametrize("shape", ["specified", "without_success", "bare_string"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.status} {error.code}")
async def test_every_error_of_the_table_can_be_planned(
    client: Client, api: XHuoServer, error: ApiError, shape: Shape
) -> None:
    """Each line comes in each of its shapes, costs nothing, and the next call works."""
    api.faults.plan("POST", "/v1/nano-banana/images", error.fault(shape))
    status, answer = await client.post(GENERATE)
    assert status == error.status
    assert ("success" in answer) == (shape != "without_success")
    assert answer["error"] == (
        error.message if shape == "bare_string" else {"code": error.code, "message": error.message}
    )
    assert (api.billed, api.posts) == (0, 1)
    assert (await client.post({**GENERATE, "count": 9}))[0] == 400


async def test_a_gateway_answers_in_html(client: Client, api: XHuoServer) -> None:
    """A 5xx from in front of the API is a page and no JSON."""
    api.faults.plan("POST", "*", gateway_page(503))
    async with client.http.post(f"{api.url}/nano-banana/images", json=GENERATE, headers=HEADERS) as response:
        assert (response.status, response.content_type) == (503, "text/html")
        assert "503" in await response.text()


async def test_an_answer_can_be_lost_after_it_was_billed(client: Client, api: XHuoServer) -> None:
    """A reset after the effect leaves a billed picture and no answer."""
    api.faults.plan("POST", "*", Fault(reset="after"))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.post(GENERATE)
    assert (api.billed, len(api.calls)) == (1, 1)


async def test_links_expire_on_demand(client: Client, api: XHuoServer) -> None:
    """After that the pictures made so far are 404, and new ones are there."""
    [item] = (await client.post(GENERATE))[1]["data"]
    api.expire_links()
    async with client.http.get(item["image_url"]) as response:
        assert response.status == 404
    assert await client.made(GENERATE)


async def test_old_pictures_make_room(client: Client, api: XHuoServer) -> None:
    """Only the latest pictures are kept, so that a long run does not fill the memory."""
    api.pictures_kept = 2
    [first] = (await client.post(GENERATE))[1]["data"]
    assert len(await client.made({**GENERATE, "count": 2})) == 2
    async with client.http.get(first["image_url"]) as response:
        assert response.status == 404


async def test_a_noisy_api_makes_large_files(client: Client, api: XHuoServer) -> None:
    """Noise makes the files many times larger."""
    [plain] = await client.made(GENERATE)
    api.noisy = True
    [noisy] = await client.made(GENERATE)
    assert len(noisy) > 5 * len(plain)
