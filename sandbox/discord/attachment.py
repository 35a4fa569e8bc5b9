"""A file that the world keeps."""

from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False, slots=True)
class Attachment:
    """A file that the world keeps."""

    id: int
    channel_id: int
    filename: str
    data: bytes = field(repr=False)
    content_type: str | None
    description: str | None = None
    width: int | None = None
    height: int | None = None
    ephemeral: bool = False

    @property
    def spoiler(self) -> bool:
        """Tell whether the client hides it until it is clicked."""
        return self.filename.startswith("SPOILER_")
