"""Whatever an API might answer: JSON made of the words that the clients look for, and of anything else."""

from typing import Any

from hypothesis import strategies as st

KEYS = st.sampled_from(
    [
        *("success", "error", "data", "task_id", "trace_id", "code", "message", "image_url"),
        *("response", "finished_at", "id", "taskId", "state", "status", "resultJson", "resultUrls"),
        *("results", "output", "url", "failMsg", "failCode", "errorMessage", "msg"),
    ]
)
WORDS = st.sampled_from(
    [
        *("success", "fail", "completed", "waiting", "used_up", "forbidden", "timeout", "敏感", "积分不足"),
        *('{"resultUrls": ["https://cdn.example/1.png"]}', "{", "[" * 9999, "https://cdn.example/1.png"),
        *("200", "401", "500", "9" * 5000, "\ud800", "²", ""),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
CODES = st.sampled_from([200, 401, 402, 404, 422, 429, 500, "200", "402", True, None])


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects with these values under the keys that the clients look for."""
    return st.dictionaries(KEYS, values, max_size=6)


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=10)
DOCUMENTS = st.none() | objects(VALUES | st.lists(objects(VALUES), max_size=2))
