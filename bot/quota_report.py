"""What `/quota report` shows: totals in words, a picture, and a CSV with every figure."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO

from bot.charts import Row, Section, chart, drawable
from bot.services.oversight import Report
from bot.texts import text
from storage.records import JobState
from storage.server_records import ReportMember

SHOWN_MEMBERS = 5
PICTURE, TABLE = "quota-report.png", "quota-report.csv"

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def words(report: Report) -> str:
    """The totals."""
    title = text("report.title", n=report.days)
    if not report.cells:
        return f"{title}\n{text('report.empty')}"
    totals = text(
        "report.totals",
        credits=text("quota.credits", n=report.credits),
        images=sum(cell.images for cell in report.cells if cell.state == JobState.DELIVERED),
        requests=sum(cell.jobs for cell in report.cells),
    )
    members = " · ".join(_member(each) for each in report.members[:SHOWN_MEMBERS])
    return f"{title}\n{totals}\n{text('report.members', list=members)}"


def picture(report: Report, names: Mapping[int, str]) -> bytes:
    """The same as a picture, with the members' names as far as they are known and can be drawn."""
    days = [(day_name(day), credits_) for day, credits_ in report.by_day.items()]
    outcomes: dict[str, int] = {}
    for state, jobs in report.by_state.items():
        name = outcome(state)
        outcomes[name] = outcomes.get(name, 0) + jobs
    return chart(
        text("report.chart_title", n=report.credits, day=days[0][0]),
        days,
        [
            Section(text("report.by_model"), _rows(report.by_model)),
            Section(
                text("report.by_member"), [_named(each, names) for each in report.members[:SHOWN_MEMBERS]]
            ),
            Section(text("report.by_outcome"), _rows(outcomes)),
        ],
    )


def table(report: Report) -> bytes:
    """Every figure, one line for each day, model and outcome."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(text("report.columns").split(","))
    for cell in report.cells:
        writer.writerow(
            [day_name(cell.day), cell.model, outcome(cell.state), cell.jobs, cell.images, cell.credits]
        )
    return file.getvalue().encode()


def day_name(day: int) -> str:
    """A day, counted from 1970, as a date."""
    return (_FIRST + timedelta(days=day)).date().isoformat()


def outcome(state: str) -> str:
    """What became of a job, in a word."""
    return text(f"report.{state if JobState(state).ended else 'open'}")


def _rows(amounts: Mapping[str, int]) -> Sequence[Row]:
    return sorted(amounts.items(), key=lambda row: -row[1])


def _member(member: ReportMember) -> str:
    if member.user_id <= 0:
        return f"{text('quota.somebody')} {member.credits}"
    return text("report.member", user=member.user_id, credits=member.credits)


def _named(member: ReportMember, names: Mapping[int, str]) -> Row:
    name = names.get(member.user_id, "")
    return name if drawable(name) and name else str(member.user_id), member.credits
