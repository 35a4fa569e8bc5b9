"""The promises under faults, as a table: each file has cases of one row of docs/reliability.md."""

import pytest

pytest.register_assert_rewrite("tests.reliability.crowd", "tests.reliability.kills")
