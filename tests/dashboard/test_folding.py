"""What repeats is one row that unfolds; nothing is dropped and order holds."""

import msgspec

from dashboard.folding import ALIKE_FROM, fold
from eventstream.explain.vocabulary.records import ObjectRef, Step
from tests.dashboard import scenes

POD, OTHER = scenes.ref("Pod", "a"), scenes.ref("Pod", "b")


def report(number: int, obj: ObjectRef = POD, documented: int = 15) -> Step:
    return scenes.step(
        "t",
        number,
        obj,
        "kubelet",
        node="n1",
        verb="report",
        documented=(documented,),
        rule="report",
    )


def create(number: int) -> Step:
    return scenes.step(
        "t", number, scenes.ref("Pod", f"p{number}"), "replicaset-controller", rule="make"
    )


def numbered(steps: list[Step]) -> list[tuple[int, int]]:
    return [(row.number, len(row.steps)) for row in fold(steps)]


def test_reports_on_one_pod_fold_even_when_others_come_between() -> None:
    steps = [report(1), create(2), report(3), report(4, OTHER), report(5)]
    assert numbered(steps) == [(1, 3), (2, 1), (4, 1)]


def test_renewals_of_one_lease_are_one_row_that_counts_all_writes() -> None:
    renewals = [scenes.step("t", n, POD, "kubelet", verb="renew", count=4) for n in (1, 2)]
    (row,) = fold(renewals)
    assert row.writes == 8


def test_three_pods_stay_three_rows_and_many_become_one() -> None:
    assert numbered([create(n) for n in range(3)]) == [(1, 1), (2, 1), (3, 1)]
    assert numbered([create(n) for n in range(ALIKE_FROM)]) == [(1, ALIKE_FROM)]


def test_a_different_rule_between_two_reports_keeps_them_apart() -> None:
    first, second = report(1, documented=12), report(3, documented=12)
    between = msgspec.structs.replace(report(2, documented=12), rule="other")
    assert numbered([first, between, second]) == [(1, 1), (2, 1), (3, 1)]


def test_every_step_is_in_exactly_one_row() -> None:
    _, steps = scenes.nginx(100.0, pods=40)
    assert sorted(step.id for row in fold(steps) for step in row.steps) == sorted(
        s.id for s in steps
    )


def burst(pods: int) -> list[Step]:
    """Each Pod is created, bound and started in between the others, and reports twice."""
    acts = (("replicaset-controller", "create", 7), ("scheduler", "bind", 9))
    steps = []
    for n in range(pods):
        pod = scenes.ref("Pod", f"p{n:03d}")
        for k, (actor, verb, number) in enumerate(acts):
            order = 10 * n + k
            steps.append(
                scenes.step("t", order, pod, actor, verb=verb, rule=actor, documented=(number,))
            )
        steps += [report(10 * n + 2 + k, pod, number) for k, number in enumerate((12, 13, 15))]
    return steps


def test_in_a_burst_the_same_act_on_other_pods_is_one_row_wherever_it_comes() -> None:
    steps = burst(150)
    rows = fold(steps)
    assert [(row.number, len(row.members), row.others) for row in rows] == [
        (number, 150, 149) for number in range(1, 6)
    ]
    assert sorted(step.id for row in rows for step in row.steps) == sorted(s.id for s in steps)


def test_a_burst_is_told_apart_by_lane() -> None:
    rows = fold(burst(150), lambda step: step.object.name < "p100")
    assert [len(row.members) for row in rows] == [100] * 5 + [50] * 5


def test_few_of_a_sort_keep_their_own_rows_in_a_burst_and_their_place() -> None:
    odd = [scenes.step("t", 9000 + n, POD, "client", rule=f"odd{n}") for n in range(2)]
    rows = fold([*burst(100)[:250], *odd, *burst(100)[250:]])
    assert [row.number for row in rows] == sorted(row.number for row in rows)
    assert [len(row.members) for row in rows if row.first in odd] == [1, 1]
