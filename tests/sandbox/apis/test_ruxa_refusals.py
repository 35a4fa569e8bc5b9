"""The stand-in of Ruxa AI refuses what its specification does not allow, at no cost."""

import pytest

from sandbox.apis.ruxa import RuxaServer
from sandbox.apis.ruxa_errors import CHINESE, ENGLISH, ERRORS, ApiError
from tests.sandbox.apis.client import RuxaClient, data_uri, picture_file, ruxa

LINK = "http://127.0.0.1:9/a.png"
PRO, EDIT = "nano-banana-pro", "nano-banana-edit"

BAD_BODIES = {
    "not JSON": b"{",
    "not UTF-8": b'{"model": "\xff"}',
    "not an object": [ruxa()],
    "no model": {"input": {"prompt": "x"}},
    "unknown model": ruxa("nano-banana-2"),
    "model without its maker": {**ruxa(), "model": "nano-banana"},
    "model of a wrong type": {**ruxa(), "model": ["google/nano-banana"]},
    "no input": {"model": "google/nano-banana"},
    "input of a wrong type": {"model": "google/nano-banana", "input": "a red boat"},
    "unknown field": {**ruxa(), "prompt": "x"},
    "callback in another spelling": {**ruxa(), "callback_url": LINK},
    "callback that is no link": {**ruxa(), "callBackUrl": "ftp://example.com/"},
    "callback null": {**ruxa(), "callBackUrl": None},
    "unknown input field": ruxa(seed=1),
    "no prompt": {"model": "google/nano-banana", "input": {}},
    "empty prompt": ruxa(prompt=" "),
    "prompt of a wrong type": ruxa(prompt=5),
    "format of pro": ruxa(output_format="jpg"),
    "format in capitals": ruxa(output_format="PNG"),
    "unknown ratio": ruxa(image_size="1:2"),
    "ratio null": ruxa(image_size=None),
    "ratio of pro": ruxa(aspect_ratio="1:1"),
    "resolution for nano-banana": ruxa(resolution="1k"),
    "inputs for nano-banana": ruxa(image_input=[LINK]),
    "pro with a prompt too long": ruxa(PRO, prompt="x" * 10_001, image_input=[]),
    "pro without a list of inputs": ruxa(PRO),
    "pro with one string": ruxa(PRO, image_input=LINK),
    "pro with nine inputs": ruxa(PRO, image_input=[LINK] * 9),
    "pro with a data URI": ruxa(PRO, image_input=[data_uri(picture_file())]),
    "pro with an input of a wrong type": ruxa(PRO, image_input=[5]),
    "pro with the inputs of edit": ruxa(PRO, image_input=[], image_urls=[LINK]),
    "pro with the ratio of nano-banana": ruxa(PRO, image_input=[], image_size="1:1"),
    "pro with an unknown ratio": ruxa(PRO, image_input=[], aspect_ratio="2:1"),
    "pro with a resolution in capitals": ruxa(PRO, image_input=[], resolution="2K"),
    "pro with an unknown resolution": ruxa(PRO, image_input=[], resolution="8k"),
    "pro with the format of nano-banana": ruxa(PRO, image_input=[], output_format="jpeg"),
    "edit without inputs": ruxa(EDIT),
    "edit with an empty list": ruxa(EDIT, image_urls=[]),
    "edit with nine inputs": ruxa(EDIT, image_urls=[LINK] * 9),
    "edit with a data URI": ruxa(EDIT, image_urls=[data_uri(picture_file())]),
    "edit with the inputs of pro": ruxa(EDIT, image_urls=[LINK], image_input=[LINK]),
    "edit with a resolution": ruxa(EDIT, image_urls=[LINK], resolution="1k"),
    "edit with the ratio of pro": ruxa(EDIT, image_urls=[LINK], aspect_ratio="1:1"),
    "edit with the format of pro": ruxa(EDIT, image_urls=[LINK], output_format="jpg"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_body_against_the_specification_is_refused(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, name: str
) -> None:
    """Each mistake is 422 in the specified shape, makes no task, and costs nothing."""
    status, answer = await ruxa_client.create(BAD_BODIES[name])
    assert (status, answer["code"], answer["data"]) == (422, 422, None)
    assert answer["message"]
    assert (ruxa_api.billed, ruxa_api.in_flight, ruxa_api.posts) == (0, 0, 1)


async def test_the_longest_prompt_of_pro_is_taken(ruxa_client: RuxaClient) -> None:
    """The limit itself is allowed, and nano-banana has none."""
    await ruxa_client.created(ruxa(PRO, prompt="x" * 10_000, image_input=[]))
    await ruxa_client.created(ruxa(prompt="x" * 10_001))


async def test_a_body_must_be_declared_as_json(ruxa_client: RuxaClient) -> None:
    """Another content type is refused."""
    status, _ = await ruxa_client.create(ruxa(), **{"Content-Type": "text/plain"})
    assert status == 422


@pytest.mark.parametrize("value", ["", "right", "Bearer wrong", "bearer right", "Basic right"])
async def test_a_wrong_key_is_401(ruxa_client: RuxaClient, value: str) -> None:
    """A missing, malformed or wrong key is refused before anything is looked at."""
    for status, answer in (
        await ruxa_client.create(b"{", Authorization=value),
        await ruxa_client.query("unknown", Authorization=value),
    ):
        assert (status, answer["code"]) == (401, 401)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/tasks/create"),
        ("POST", "/api/v1/tasks/query/x"),
        ("GET", "/api/v1/tasks/query"),
        ("POST", "/v1/nano-banana/images"),
        ("GET", "/"),
    ],
)
async def test_an_unknown_route_is_404(ruxa_client: RuxaClient, method: str, path: str) -> None:
    """What the API does not have is 404 in its own shape."""
    async with ruxa_client.http.request(method, f"{ruxa_client.api.url}{path}") as response:
        assert (response.status, await response.json()) == (
            404,
            {"code": 404, "message": "Not found", "data": None},
        )


async def test_an_unknown_task_is_404(ruxa_client: RuxaClient) -> None:
    """A query for a task that was never made is not found."""
    assert (await ruxa_client.query("task_unknown"))[1]["code"] == 404


@pytest.mark.parametrize("in_200", [False, True])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.code} {error.message}")
async def test_every_error_of_the_table_can_be_planned(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient, error: ApiError, in_200: bool
) -> None:
    """Each line comes in both languages, as a status and inside of 200, and costs nothing."""
    ruxa_api.faults.plan("POST", "/api/v1/tasks/create", error.fault(in_200))
    status, answer = await ruxa_client.create(ruxa())
    assert status == (200 if in_200 else error.code)
    assert answer == {"code": error.code, "message": error.message, "data": None}
    assert (ruxa_api.billed, ruxa_api.in_flight, ruxa_api.posts) == (0, 0, 1)


def test_the_table_is_whole() -> None:
    """Both languages have the six lines of the specification."""
    for lines in (ENGLISH, CHINESE):
        assert [line.code for line in lines] == [401, 402, 404, 422, 429, 500]
    assert all(not line.message.isascii() for line in CHINESE)


async def refusals(client: RuxaClient) -> list[tuple[int, str]]:
    """Meet every error that the stand-in has by itself, and return status and text of each."""
    client.api.seconds, client.api.max_in_flight, client.api.balance = 0.5, 1, 0
    answers = [
        await client.create(ruxa(), Authorization="Bearer wrong"),
        await client.create(ruxa()),
        await client.query("unknown"),
        await client.create(ruxa(image_size="9:1")),
    ]
    client.api.balance = None
    await client.created(ruxa())
    answers.append(await client.create(ruxa()))
    assert [answer["code"] for _, answer in answers] == [401, 402, 404, 422, 429]
    return [(status, answer["message"]) for status, answer in answers]


async def test_errors_have_their_codes_as_status(ruxa_client: RuxaClient) -> None:
    """As a rule the status and the body say the same."""
    assert [status for status, _ in await refusals(ruxa_client)] == [401, 402, 404, 422, 429]


async def test_errors_can_hide_in_200_and_speak_chinese(
    ruxa_api: RuxaServer, ruxa_client: RuxaClient
) -> None:
    """On demand only the body's code tells an error, and the texts are those of the specification."""
    ruxa_api.errors_in_200 = ruxa_api.chinese = True
    assert await refusals(ruxa_client) == [(200, line.message) for line in CHINESE[:-1]]
