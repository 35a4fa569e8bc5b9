"""The breaker: it opens when failures come close together, rests ever longer, and one call finds out."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, REFUSAL, WITHIN, Breaker, Health


@dataclass
class Clock:
    """Seconds that a test puts forward."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@dataclass
class Patient:
    """An API's health beside the time by which it is judged."""

    clock: Clock = field(default_factory=Clock)
    breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.clock)

    def fail(self, times: int = FAILURES, every: float = 0.0) -> Health:
        """Fail so many times, some seconds apart."""
        for _ in range(times):
            self.clock.now += every
            self.breaker.failed()
        return self.breaker.health

    def after(self, seconds: float) -> Health:
        """Let the time pass."""
        self.clock.now += seconds
        return self.breaker.health

    def fail_probe(self) -> None:
        """The one call that finds out fails."""
        self.breaker.probe()
        self.breaker.failed()


@pytest.fixture
def patient() -> Patient:
    """An API that nothing is known of yet."""
    return Patient()


def test_it_opens_after_five_failures_in_a_minute(patient: Patient) -> None:
    """Four are not enough; the fifth closes the door for half a minute, after which one may try."""
    assert patient.breaker.health is Health.WELL
    assert patient.fail(FAILURES - 1) is Health.WELL
    assert patient.fail(1) is Health.RESTING
    assert patient.after(FIRST_PAUSE - 0.1) is Health.RESTING
    assert patient.after(0.1) is Health.DUE


@pytest.mark.parametrize(("every", "health"), [(WITHIN / 4, Health.RESTING), (WITHIN / 4 + 0.1, Health.WELL)])
def test_spread_failures_do_not_open_it(patient: Patient, every: float, health: Health) -> None:
    """Five within a minute count; five in longer than that do not, however many follow."""
    assert patient.fail(FAILURES, every) is health
    if health is Health.WELL:
        assert patient.fail(50, every) is Health.WELL


def test_a_success_in_between_hides_no_failure(patient: Patient) -> None:
    """An API that loses every second answer costs as much as one that loses all: five in a minute count."""
    for _ in range(FAILURES - 1):
        assert patient.fail(1) is Health.WELL
        patient.breaker.succeeded()
    assert patient.fail(1) is Health.RESTING


def test_a_refusal_to_serve_us_counts_for_five_minutes(patient: Patient) -> None:
    """The API has answered, so that it is well; but who may choose goes elsewhere."""
    patient.fail()
    seen = [patient.breaker.refuses]
    patient.breaker.refused()
    assert patient.breaker.health is Health.WELL
    for seconds in (0.0, REFUSAL - 0.1, 0.1):
        patient.after(seconds)
        seen.append(patient.breaker.refuses)
    assert seen == [False, True, True, False]


def test_an_api_that_serves_us_refuses_no_more(patient: Patient) -> None:
    """One call that is taken is enough; a failure says nothing of it."""
    patient.breaker.refused()
    patient.fail(1)
    before = patient.breaker.refuses
    patient.breaker.succeeded()
    assert [before, patient.breaker.refuses] == [True, False]


def test_the_pauses_double_to_ten_minutes(patient: Patient) -> None:
    """Each failed probe costs twice as long, to an upper limit."""
    patient.fail()
    for pause in (30.0, 60.0, 120.0, 240.0, 480.0, LONGEST_PAUSE, LONGEST_PAUSE):
        assert patient.after(pause - 0.1) is Health.RESTING
        assert patient.after(0.1) is Health.DUE
        patient.fail_probe()
    assert LONGEST_PAUSE == 600.0


def test_one_probe_at_a_time(patient: Patient) -> None:
    """While it is under way nothing else is due; if it ends without an answer, the next one finds out."""
    patient.fail()
    patient.after(FIRST_PAUSE)
    patient.breaker.probe()
    assert patient.after(LONGEST_PAUSE) is Health.PROBED
    patient.breaker.probe_ended()
    assert patient.breaker.health is Health.DUE


def test_a_probe_that_succeeds_closes_it_for_good(patient: Patient) -> None:
    """Then it takes five failures again, and the first pause is the short one."""
    patient.fail()
    patient.after(FIRST_PAUSE)
    patient.fail_probe()
    patient.after(2 * FIRST_PAUSE)
    patient.breaker.probe()
    patient.breaker.succeeded()
    assert patient.breaker.health is Health.WELL
    assert patient.fail(FAILURES - 1) is Health.WELL
    assert patient.fail(1) is Health.RESTING
    assert patient.after(FIRST_PAUSE) is Health.DUE


def test_calls_that_end_late_do_not_lengthen_the_rest(patient: Patient) -> None:
    """What was under way when it opened may still fail; only a probe counts."""
    patient.fail(FAILURES + 20)
    assert patient.after(FIRST_PAUSE) is Health.DUE


def test_a_late_answer_is_an_answer(patient: Patient) -> None:
    """A call that was under way when it opened shows that the API is well."""
    patient.fail()
    patient.breaker.succeeded()
    assert patient.breaker.health is Health.WELL


STEPS = st.lists(
    st.tuples(st.sampled_from(["fail", "succeed", "probe", "probe ended", "wait"]), st.floats(0, 700)),
    max_size=60,
)


@given(STEPS)
def test_any_history_ends_well(steps: list[tuple[str, float]]) -> None:
    """It opens after five failures, never rests longer than ten minutes, and an answer mends it."""
    patient = Patient()
    failures = 0
    for kind, seconds in steps:
        before = patient.breaker.health
        if kind == "wait":
            patient.after(seconds)
        elif kind == "probe" and before is Health.DUE:
            patient.breaker.probe()
        elif kind == "probe ended" and before is Health.PROBED:
            patient.breaker.probe_ended()
            assert patient.breaker.health is Health.DUE
        elif kind == "fail":
            failures += 1
            patient.breaker.failed()
            if before is not Health.WELL:
                assert patient.breaker.health is (Health.RESTING if before is Health.PROBED else before)
        elif kind == "succeed":
            if before is not Health.WELL:
                failures = 0
            patient.breaker.succeeded()
            assert patient.breaker.health is Health.WELL
        assert patient.breaker.health is Health.WELL or failures >= FAILURES
    if patient.breaker.health is Health.RESTING:
        assert patient.after(LONGEST_PAUSE) is Health.DUE
    patient.breaker.succeeded()
    assert patient.breaker.health is Health.WELL
