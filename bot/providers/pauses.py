"""How long to wait between two questions to an API."""

import random

GROWTH = 1.3  # each pause is so much longer than the one before it
LONGEST = 3.0  # intervals
ENOUGH = 10  # questions after which a pause is the longest


def growing(interval: float, questions: int) -> float:
    """Seconds after so many questions: growing from one interval to three, jittered."""
    pause = interval * min(LONGEST, GROWTH ** min(questions, ENOUGH))
    return pause * random.uniform(0.8, 1.2) if questions else pause  # noqa: S311  (no secret)
