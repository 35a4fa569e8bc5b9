"""What a person does with the chat page, in a test's words."""

from playwright.async_api import FilePayload, Locator, Page

from sandbox.discord.model import Channel, User


class Chat:
    """One person's browser tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    @property
    def text(self) -> Locator:
        """The message box."""
        return self.page.get_by_role("combobox", name="Message", exact=True)

    @property
    def messages(self) -> Locator:
        """The messages of the channel, oldest first."""
        return self.page.locator("#log .message")

    @property
    def problem(self) -> Locator:
        """What the client refused, in a sentence."""
        return self.page.locator("#problem")

    @property
    def suggestions(self) -> Locator:
        """The lines of the list above the message box."""
        return self.page.get_by_role("option")

    def message(self, text: str) -> Locator:
        """Return the messages that contain a text."""
        return self.messages.filter(has_text=text)

    @property
    def form(self) -> Locator:
        """The form that the bot shows."""
        return self.page.locator("#modal[open]")

    def option(self, name: str) -> Locator:
        """Return the field of a command's option."""
        return self.page.locator(f'.chip[data-option="{name}"]').locator("input, textarea, .file-field")

    async def open(self, user: User, channel: Channel) -> None:
        """Open the page as this person in this channel."""
        await self.page.goto(f"{self._url}/#{user.id}/{channel.id}")
        await self.text.wait_for()

    async def become(self, user: User) -> None:
        """See the same channel as somebody else."""
        await self.page.get_by_role("radio", name=user.name).check(force=True)
        await self.page.locator(f'body[data-me="{user.id}"]').wait_for()

    async def say(self, text: str) -> None:
        """Send a chat message."""
        await self.text.fill(text)
        await self.text.press("Enter")

    async def command(self, name: str, text: str = "") -> None:
        """Choose a command from the list, and fill its first option if it takes a text."""
        await self.text.press_sequentially(f"/{name}")
        await self.suggestions.filter(has_text=f"/{name}").first.click()
        if text:
            await self.page.keyboard.insert_text(text)

    async def add_option(self, name: str) -> Locator:
        """Add an optional option to the command that is being filled in, and return its field."""
        await self.page.get_by_role("combobox", name="Add an option").fill(f"{name}")
        await self.suggestions.filter(has=self.page.get_by_text(name, exact=True)).click()
        return self.option(name)

    async def attach(self, *files: FilePayload) -> None:
        """Hand over files, to the command if there is one, else to the message."""
        await self.page.locator("#files").set_input_files(list(files))

    async def menu(self, message: Locator, *names: str) -> None:
        """Open a message's menu and choose in it, one name after the other."""
        await message.hover()
        await message.get_by_role("button", name="More").click()
        for name in names:
            await self.page.get_by_role("menuitem", name=name, exact=True).click()

    async def send(self) -> None:
        """Press the button that sends."""
        await self.page.get_by_role("button", name="Send").click()
