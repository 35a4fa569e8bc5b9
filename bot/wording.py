"""What jobs say to their members."""

from collections.abc import Sequence

from bot.images import BIGGER
from bot.quoting import plain, quoted
from bot.services.messenger import Delivered
from bot.texts import text
from storage.records import JobRecord, JobState

ALT_TEXT_PROMPT = 250  # characters of the prompt; Discord takes 1,024 in all


def alt_text(job: JobRecord) -> str:
    """What a screen reader says of a picture."""
    return text("result.alt", prompt=plain(job.prompt, ALT_TEXT_PROMPT))


def sizes(job: JobRecord) -> str:
    """A job's resolution and ratio, as people say it."""
    return f"{job.resolution} · {job.aspect_ratio}" if job.aspect_ratio else job.resolution


def progress(job: JobRecord, ready_at: float | None) -> str:
    """What is being made, and when it should be ready (seconds since 1970), if that is known."""
    words = text("progress.making", n=job.count, model=job.model, sizes=sizes(job), prompt=quoted(job.prompt))
    words += "\n" + (
        text("progress.longer") if ready_at is None else text("progress.ready", at=round(ready_at))
    )
    if job.chosen:
        words += "\n-# " + used(job.chosen)
    if job.asked_model:
        words += "\n" + text("progress.instead", asked=job.asked_model, model=job.model, n=job.credits)
    return words


def waiting(job: JobRecord, place: int, ready_at: float) -> str:
    """The place in the queue, and when the result should be ready (seconds since 1970)."""
    return text("progress.waiting", place=place, prompt=quoted(job.prompt), ready=round(ready_at))


def done(job: JobRecord, delivered: Delivered, *, left: int, images: int) -> str:
    """The last words of the progress message."""
    words = (
        text("progress.done", n=left, link=text("progress.link", n=images, url=delivered.link))
        if delivered.link
        else f"{delivered.content}\n-# {text('progress.left', n=left)}"
    )
    return "\n".join(filter(None, [words, amends(job, images=images)]))


def amends(job: JobRecord, *, images: int) -> str:
    """What became of the credits where a job was late, or brought fewer pictures than were asked for."""
    if job.late:
        return text("progress.late")
    if images < job.count:
        back = (job.count - images) * job.price
        return text("progress.partly", n=back, made=images, asked=job.count)
    return ""


def below(job: JobRecord) -> str:
    """The small line below a result: that it is generated, how, and from which pictures."""
    seconds = max(1, round(job.seconds))
    parts = [text("result.line", model=job.model, sizes=sizes(job), seconds=seconds)]
    if job.chosen:
        parts.append(used(job.chosen))
    if job.press and job.press.startswith(BIGGER):
        parts.append(text("result.bigger"))
    return " · ".join(parts)


def used(chosen: str) -> str:
    """Which of the pictures of a message were used, as in "2/4" or "1,3/4"."""
    numbers, _, total = chosen.partition("/")
    count = numbers.count(",") + 1
    if count == int(total):
        return text("result.used_all", total=total)
    return text("result.used", n=count, numbers=numbers.replace(",", ", "), total=total)


def only_for_you(job: JobRecord, content: str) -> str:
    """A result's words where its member alone sees it, with the reason if they did not ask for that."""
    return content if job.private else f"{content}\n{text('result.only_you')}"


def link_to(job: JobRecord, message_id: int) -> str:
    """The address of a message in the job's channel, which Discord opens in place."""
    return f"https://discord.com/channels/{job.guild_id or '@me'}/{job.channel_id}/{message_id}"


def original_links(originals: Sequence[tuple[int, str | None]], *, any_file: bool) -> str:
    """Links to pictures that are shown smaller than they are, where the API still has them.

    Where a file shows them already, Discord shall not show what the links lead to as well.
    """
    key = "result.original" if len(originals) == 1 else "result.original_numbered"
    links = [(position, f"<{url}>" if any_file else url) for position, url in originals if url]
    return " · ".join(text(key, position=position, url=link) for position, link in links)


def cost(job: JobRecord, paid: int) -> str:
    """What a job has cost, or will cost if it brings all of its pictures."""
    if paid or not (job.state.ended or job.late):
        return text("jobs.costs", n=paid or job.credits)
    return text("jobs.free" if job.late or job.state is JobState.DELIVERED else "jobs.back")
