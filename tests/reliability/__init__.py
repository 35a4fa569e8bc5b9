"""The promises under faults, as a table: each file is a row of docs/reliability.md."""
