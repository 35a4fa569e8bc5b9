"""Takes files into the world."""

import io
import mimetypes
import re
import warnings

from PIL import Image

from sandbox.discord.attachment import Attachment
from sandbox.discord.model import Channel, Upload
from sandbox.discord.state import State

_NOT_IN_FILE_NAMES = re.compile(r"[^\w.\-]")


def keep(state: State, channel: Channel, upload: Upload, *, ephemeral: bool = False) -> Attachment:
    """Store a file, so that signed links lead to it."""
    width, height = _size(upload.data)
    attachment = Attachment(
        id=state.new_id(),
        channel_id=channel.id,
        filename=file_name(upload),
        data=upload.data,
        content_type=upload.content_type or mimetypes.guess_type(upload.name)[0],
        description=upload.description,
        width=width,
        height=height,
        ephemeral=ephemeral,
    )
    state.files[attachment.id] = attachment
    return attachment


def file_name(upload: Upload) -> str:
    """Return the name under which Discord keeps a file."""
    return _NOT_IN_FILE_NAMES.sub("_", upload.name)


def _size(data: bytes) -> tuple[int | None, int | None]:
    """Return a picture's width and height from its header."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a decompression bomb is no picture here
        try:
            with Image.open(io.BytesIO(data)) as picture:
                return picture.size
        except (OSError, Warning, Image.DecompressionBombError):
            return None, None
