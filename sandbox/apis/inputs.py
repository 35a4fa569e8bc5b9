"""The input pictures of an edit, as the image APIs take them: data URIs or links, really decoded."""

import asyncio
import base64
import binascii
import io
import re
from urllib.parse import urlsplit

import aiohttp
from PIL import Image

INPUT_AT_MOST = 25_000_000
"""Bytes of one input picture."""

_DATA_URI = re.compile(r"data:image/(png|jpeg|webp);base64,")
_FORMATS = ("PNG", "JPEG", "WEBP")


class UnusableInput(Exception):
    """An input picture cannot be had or is no picture; the message says why."""


def is_link(value: object) -> bool:
    """Tell whether a field of a request is an http(s) URL."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


async def load_input(url: str, http: aiohttp.ClientSession) -> bytes:
    """Return the file behind a data URI or an http(s) link, or raise UnusableInput."""
    if url.startswith(("http://", "https://")):
        data, declared = await _fetch(url, http), None
    elif start := _DATA_URI.match(url):
        data = await asyncio.to_thread(_decode_base64, url[start.end() :])
        declared = start[1].upper()
    else:
        raise UnusableInput("neither an http(s) link nor a data URI of a PNG, JPEG or WebP picture")
    if len(data) > INPUT_AT_MOST:
        raise UnusableInput("larger than 25 MB")
    found = await asyncio.to_thread(_decode_picture, data)
    if declared not in (None, found):
        raise UnusableInput(f"declared as {declared} but is {found}")
    return data


async def _fetch(url: str, http: aiohttp.ClientSession) -> bytes:
    try:
        async with http.get(url) as response:
            if response.status != 200:
                raise UnusableInput(f"the link answers {response.status}")
            data = bytearray()
            async for part in response.content.iter_any():
                data += part
                if len(data) > INPUT_AT_MOST:
                    break
            return bytes(data)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise UnusableInput("the link cannot be fetched") from error


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableInput("not base64") from error


def _decode_picture(data: bytes) -> str:
    """Decode every pixel, and return the format's name."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            picture.load()
            return str(picture.format)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnusableInput("not a whole PNG, JPEG or WebP picture") from error
