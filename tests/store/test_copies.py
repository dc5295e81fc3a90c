"""The benchmark of queries measures copies that are rows like those they were made of."""

from django.db import connection

from benchmarks.copies import opened
from eventstream import history
from eventstream.explain.vocabulary.records import ObjectRef
from eventstream.history import Terms
from tests.store.conftest import both
from tests.store.samples import put_step, put_trace, store

POD = ObjectRef(
    "v1", "Pod", "shop", "web-754449dc84-x2x9p", "0" * 8 + "-0000-0000-0000-" + "0" * 12
)


@both
def test_a_copy_has_ids_and_names_of_its_own_and_is_found_by_them(engine: str) -> None:
    store(
        put_trace("a" * 20, root=POD, title=f"pod/{POD.name}", state="complete"),
        put_step("b" * 20, "a" * 20, object=POD, what=f"Pod {POD.name} ended."),
    )
    copies = opened()
    copies.make(1)
    copies.make(2)
    copies.end()
    found = [each.record for each in history.search_steps(Terms.of("web-754449dc84")).rows]
    assert len(found) == len({each.id for each in found}) == copies.steps * 3 == 3
    assert len({each.trace for each in found}) == len({each.object.uid for each in found}) == 3
    assert sorted(each.at for each in found) == [100.0, 107.0, 114.0]
    for each in found:
        assert [row.id for row in history.search_steps(Terms.of(each.object.name)).rows] == [
            each.id
        ]
        assert [row.id for row in history.steps(each.trace)] == [each.id]
        assert [row.id for row in history.steps_about(each.object.uid)] == [each.id]
        told = history.traces(history.Filter(text=each.object.name.rpartition("-")[2])).rows
        assert [row.id for row in told] == [each.trace]
    store(put_step("c" * 20, "a" * 20, "11", object=POD))
    assert history.head() > max(row.seq for row in history.search_steps(Terms.of("ended")).rows)
    if engine == "postgresql":
        found_by = "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%USING gin%'"
        assert len(copies.run(found_by)) == 4
        return
    with connection.cursor() as cursor:
        for table in ("stepwords", "tracewords", "objectnames", "tracenames"):
            name = f"eventstream_{table}"
            cursor.execute(f"INSERT INTO {name}({name}) VALUES ('integrity-check')")  # noqa: S608
