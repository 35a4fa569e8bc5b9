"""Buttons whose meaning stands in their id alone, so that they work after a restart and next month."""

from typing import Any

import discord

from bot.images import BIGGER
from bot.texts import text
from storage.records import AGAIN, JobRecord

EDIT = "edit"
COMPARE = "compare"
DELETE = "delete"
CANCEL = "cancel"
DELIVER = "deliver"  # in the list of `/jobs`
CANCEL_LISTED = "cancel-listed"
PAGE = "jobs"
FORGET = "forget"


def template(action: str) -> str:
    """The pattern of the ids of an action's buttons, which name a job."""
    return rf"{action}:(?P<job_id>[0-9a-f]{{16}})"


def button(action: str, job_id: str, label: str) -> discord.ui.Button[Any]:
    """A button that does something with a job."""
    return discord.ui.Button(label=text(f"button.{label}"), custom_id=f"{action}:{job_id}")


def priced_template(action: str) -> str:
    """The pattern of the ids of buttons that ask for a picture at the price on them."""
    return template(action) + r"(?::(?P<price>\d{1,9}))?"


def priced_button(action: str, job_id: str, label: str, price: int) -> discord.ui.Button[Any]:
    """A button that asks for a picture; the price in credits stands on it and in its id."""
    return discord.ui.Button(label=text(f"button.{label}", n=price), custom_id=f"{action}:{job_id}:{price}")


def repriced(message: discord.Message, pressed: str, price: int) -> discord.ui.View:
    """The buttons of a message, with another price on the one with the id `pressed`."""
    view = discord.ui.View.from_message(message, timeout=None)
    action, job_id, old = pressed.split(":")
    for item in view.children:
        if isinstance(item, discord.ui.Button) and item.custom_id == pressed:
            label = action if item.label == text(f"button.{action}", n=int(old)) else "try_again"
            item.label, item.custom_id = text(f"button.{label}", n=price), f"{action}:{job_id}:{price}"
    view.stop()
    return view


def page_button(page: int, label: str) -> discord.ui.Button[Any]:
    """A button that shows a page of the member's jobs; the label makes its id its own."""
    return discord.ui.Button(label=text(f"button.{label}"), custom_id=f"{PAGE}:{page}:{label}")


def forget_button(user_id: int) -> discord.ui.Button[Any]:
    """A button that deletes what is kept about this member."""
    return discord.ui.Button(
        label=text("button.forget"), custom_id=f"{FORGET}:{user_id}", style=discord.ButtonStyle.danger
    )


def again_view(job_id: str, price: int) -> discord.ui.View:
    """One button that asks for the same request once more."""
    return _view(priced_button(AGAIN, job_id, "try_again", price))


def cancel_view(job_id: str) -> discord.ui.View:
    """One button that ends a job which waits."""
    return _view(button(CANCEL, job_id, CANCEL))


def result_view(job: JobRecord, *, again: int | None, larger: int | None) -> discord.ui.View:
    """The row below a result; what cannot be had has no price and no button."""
    row = [button(EDIT, job.id, EDIT)]
    if again is not None:
        row.append(priced_button(AGAIN, job.id, AGAIN, again))
    if larger is not None:
        row.append(priced_button(BIGGER, job.id, BIGGER, larger))
    if job.inputs:
        row.append(button(COMPARE, job.id, COMPARE))
    return _view(*row, button(DELETE, job.id, DELETE))


def _view(*row: discord.ui.Button[Any]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for each in row:
        view.add_item(each)
    view.stop()  # discord.py need not remember it: the button is found by its id
    return view
