"""Alembic runs this file: it migrates over the connection that `upgrade` hands in."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=False,  # the caller holds the one transaction around all of it
    render_as_batch=True,
)
context.run_migrations()
