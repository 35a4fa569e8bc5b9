"""The stand-in of Ruxa AI makes pictures as specified, task by task."""

import asyncio
import io
import json

import pytest
from PIL import Image

from sandbox.apis.painter import RATIOS, read_marks
from sandbox.apis.ruxa import Call, RuxaServer
from sandbox.apis.xhuo import XHuoServer
from tests.sandbox.apis.client import GENERATE, Client, RuxaClient, edit, ruxa
from tests.sandbox.apis.listener import Listener


async def link_to_a_picture(client: Client, ratio: str = "1:1") -> str:
    """Let the other stand-in make a picture, and return the link to it."""
    _, answer = await client.post({**GENERATE, "aspect_ratio": ratio})
    return str(answer["data"][0]["image_url"])


async def test_the_least_body_makes_a_picture(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """A prompt gives a task, the task one square PNG, and the call is kept and billed."""
    data = await ruxa_client.end(ruxa())
    assert sorted(data) == ["resultJson", "state", "taskId"]
    assert data["taskId"].startswith("task_")
    [link] = json.loads(data["resultJson"])["resultUrls"]
    assert link.startswith(f"{ruxa_api.url}/files/")
    marks = read_marks(await ruxa_client.get(link))
    assert (marks.prompt, marks.model, marks.size) == ("a red boat", "google/nano-banana", (1024, 1024))
    assert list(ruxa_api.calls) == [
        Call("google/nano-banana", "a red boat", "1:1", "1k", "png", (), data["taskId"], None, (link,))
    ]
    assert (ruxa_api.billed, ruxa_api.posts, ruxa_api.in_flight) == (1, 1, 0)


@pytest.mark.parametrize(
    ("model", "output_format", "kind"),
    [
        ("nano-banana", "png", "PNG"),
        ("nano-banana", "jpeg", "JPEG"),
        ("nano-banana-pro", "png", "JPEG"),
        ("nano-banana-pro", "jpg", "JPEG"),
        ("nano-banana-edit", "png", "JPEG"),
        ("nano-banana-edit", "jpeg", "JPEG"),
    ],
)
async def test_the_name_follows_the_format_and_the_bytes_the_model(
    ruxa_client: RuxaClient, client: Client, model: str, output_format: str, kind: str
) -> None:
    """Only nano-banana gives PNG, whatever the link ends in and the server says of it."""
    body = ruxa(model, output_format=output_format)
    inputs = {"nano-banana-pro": "image_input", "nano-banana-edit": "image_urls"}
    if model in inputs:
        body["input"][inputs[model]] = [await link_to_a_picture(client)]
    data = await ruxa_client.end(body)
    [link] = json.loads(data["resultJson"])["resultUrls"]
    assert link.endswith(f".{output_format}")
    async with ruxa_client.http.get(link) as response:
        assert response.content_type == f"image/{output_format.replace('jpg', 'jpeg')}"
        with Image.open(io.BytesIO(await response.read())) as picture:
            assert picture.format == kind


@pytest.mark.parametrize("ratio", RATIOS)
async def test_every_ratio_counts(ruxa_client: RuxaClient, ratio: str) -> None:
    """Each of the ratios gives its shape, also those that the other API has not."""
    assert read_marks(await ruxa_client.made(ruxa(image_size=ratio))).size == RATIOS[ratio]


@pytest.mark.parametrize(("resolution", "scale"), [("1k", 1), ("2k", 2), ("4k", 4)])
async def test_pro_has_resolutions(ruxa_client: RuxaClient, resolution: str, scale: int) -> None:
    """Pro takes a list of no inputs, its own name for the ratio, and a resolution."""
    body = ruxa("nano-banana-pro", image_input=[], aspect_ratio="16:9", resolution=resolution)
    assert read_marks(await ruxa_client.made(body)).size == (1376 * scale, 768 * scale)


@pytest.mark.parametrize(
    ("model", "field", "ratio_field"),
    [("nano-banana-pro", "image_input", "aspect_ratio"), ("nano-banana-edit", "image_urls", "image_size")],
)
async def test_inputs_are_fetched(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, client: Client, model: str, field: str, ratio_field: str
) -> None:
    """Eight links are read in their order, and `auto` takes the first one's shape."""
    links = [await link_to_a_picture(client, "16:9")] + [await link_to_a_picture(client)] * 7
    marks = read_marks(await ruxa_client.made(ruxa(model, **{field: links, ratio_field: "auto"})))
    assert (len(marks.inputs), marks.size) == (8, (1368, 768))
    [call] = ruxa_api.calls
    assert call.inputs == tuple([await client.get(link) for link in links])
    assert call.ratio == "auto"


async def test_auto_without_an_input_is_a_square(ruxa_client: RuxaClient) -> None:
    """Where there is no shape to follow it is 1:1."""
    assert read_marks(await ruxa_client.made(ruxa(image_size="auto"))).size == (1024, 1024)


async def test_an_input_that_cannot_be_had_fails_the_task(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient
) -> None:
    """A dead link, a missing file and a page are told as failures of the task, at no cost."""
    for link in ("http://127.0.0.1:9/a.png", f"{ruxa_api.url}/files/none.png", f"{ruxa_api.url}/files"):
        data = await ruxa_client.end(ruxa("nano-banana-edit", image_urls=[link]))
        assert (data["state"], data["failMsg"]) == ("fail", "Image fetch failed")
    assert (ruxa_api.billed, ruxa_api.in_flight) == (0, 0)


async def test_a_task_goes_through_its_states(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """It waits, queues, is made and done, in the time that it takes."""
    ruxa_api.seconds = 0.6
    started = asyncio.get_running_loop().time()
    history = await ruxa_client.history(await ruxa_client.created(ruxa()))
    assert [data["state"] for data in history] == ["waiting", "queuing", "generating", "success"]
    assert asyncio.get_running_loop().time() - started >= 0.6


async def test_tasks_in_flight_are_counted(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """A task above the limit is refused until another is done."""
    ruxa_api.max_in_flight, ruxa_api.seconds = 1, 0.2
    task_id = await ruxa_client.created(ruxa())
    assert (await ruxa_client.create(ruxa()))[0] == 429
    assert ruxa_api.in_flight == 1
    await ruxa_client.history(task_id)
    assert await ruxa_client.made(ruxa())


async def test_the_credits_run_out(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """Tasks at the same time never spend more than the balance, and a failed one gives its credit back."""
    ruxa_api.balance = 2
    await ruxa_client.end(ruxa(prompt="forbidden"))
    answers = await asyncio.gather(*(ruxa_client.create(ruxa()) for _ in range(3)))
    assert sorted(answer["code"] for _, answer in answers) == [200, 200, 402]
    for _, answer in answers:
        if answer["code"] == 200:
            await ruxa_client.history(answer["data"]["taskId"])
    assert (ruxa_api.balance, ruxa_api.billed) == (0, 2)


async def test_a_finished_task_calls_back(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, listener: Listener
) -> None:
    """The callback is the query's answer, and the address is kept with the call."""
    task_id = await ruxa_client.created({**ruxa(), "callBackUrl": listener.url})
    told = await listener.next()
    assert (told["code"], told["data"]["state"]) == (200, "success")
    assert told == (await ruxa_client.query(task_id))[1]
    assert ruxa_api.calls[0].callback_url == listener.url
    await ruxa_api.callbacks.send_again(task_id)
    assert await listener.next() == told


async def test_links_expire_on_demand(ruxa_api: RuxaServer, ruxa_client: RuxaClient) -> None:
    """After that the picture is 404, while the task is still told as it was."""
    data = await ruxa_client.end(ruxa())
    ruxa_api.expire_links()
    async with ruxa_client.http.get(json.loads(data["resultJson"])["resultUrls"][0]) as response:
        assert response.status == 404
    assert (await ruxa_client.query(data["taskId"]))[1]["data"] == data


async def test_the_servers_have_their_names(api: XHuoServer, ruxa_api: RuxaServer) -> None:
    """Each is called as in the settings."""
    assert (api.name, ruxa_api.name) == ("xhuo", "ruxa")


async def test_the_other_api_knows_fewer_ratios(client: Client) -> None:
    """What the painter can do for Ruxa AI is still refused by XHuoAPI."""
    for ratio in ("5:4", "4:5", "21:9", "auto"):
        status, _ = await client.post({**GENERATE, "aspect_ratio": ratio})
        assert status == 400
    status, _ = await client.post(edit("http://127.0.0.1:9/", aspect_ratio="auto"))
    assert status == 400
