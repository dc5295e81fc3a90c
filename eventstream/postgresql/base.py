"""The database engine: a connection writes, or within `only_reading` it can do nothing but read.

The server itself refuses what writes over a connection of a page. Those outlive the request:
opening one for each costs more than most queries.
"""

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

from eventstream.postgresql import VACUUMED
from eventstream.postgresql.connecting import Bounded, connected
from eventstream.postgresql.dialect import PostgreSQL
from eventstream.postgresql.readers import Reader, readers
from eventstream.readonly import is_only_reading


class SchemaEditor(DatabaseSchemaEditor):
    """Django's, without a second index of each text: in our order the first finds beginnings."""

    def __enter__(self) -> "SchemaEditor":
        """Begin, and wait for the server however long it takes: an index of millions of rows is
        made in minutes.
        """
        self.connection.ensure_connection()
        self._session: Bounded = self.connection.connection
        self._session.patience, self._patience = None, self._session.patience
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        """End, with as much patience as before."""
        try:
            super().__exit__(*raised)
        finally:
            self._session.patience = self._patience

    def create_model(self, model: Any) -> None:
        """Make a table."""
        super().create_model(model)
        table = self.quote_name(model._meta.db_table)
        self.execute(f"ALTER TABLE {table} SET {VACUUMED}")

    def _create_like_index_sql(self, model: Any, field: Any) -> None:
        return None


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection to PostgreSQL, of one of the two sorts."""

    dialect = PostgreSQL()
    SchemaEditorClass = SchemaEditor
    # Texts are in the order of their bytes, as in SQLite and in Python, whatever the database's is.
    data_types_suffix = {  # noqa: RUF012 - as Django has it
        **base.DatabaseWrapper.data_types_suffix,
        "TextField": 'COLLATE "C"',
    }

    _reader: Reader | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Bounded:
        """Open a connection that writes, or take one that only reads."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        if not is_only_reading():
            return connected(conn_params)
        name = f"{conn_params.get('host')}:{conn_params.get('port')}/{conn_params.get('dbname')}"
        self._reader = readers.take(name, lambda: connected(conn_params, reading=True))
        return self._reader.connection

    def _close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            super()._close()  # type: ignore[misc]  # The stubs leave it out.
        else:
            readers.give(reader)
