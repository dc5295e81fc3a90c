"""Where arrows begin and end, how they are drawn, and in which order lanes stand."""

from dashboard.actors import lane
from dashboard.folding import fold
from dashboard.sequence import LANES_MOST, Layout, rows
from eventstream.explain.vocabulary.records import Grades
from tests.dashboard import scenes


def test_a_request_runs_to_the_api_server_then_etcd_then_whoever_acted_on_it() -> None:
    _, steps = scenes.nginx(100.0)
    layout = Layout(steps)
    first = rows(fold(steps), layout)[0]
    server = layout.x(lane("api-server"))
    assert [(arrow.kind, arrow.x1, arrow.x2, arrow.grade) for arrow in first.arrows] == [
        ("request", layout.x(lane("client")), server, "reported"),
        ("store", server, layout.x(lane("etcd")), "observed"),
        ("broadcast", server, layout.x(lane("deployment-controller")), "inferred"),
    ]
    assert [arrow.numbers for arrow in first.arrows] == [(1,), (2,), (3,)]


def test_lanes_keep_their_order_however_steps_arrive() -> None:
    _, steps = scenes.nginx(100.0)
    assert Layout(steps).lanes == Layout(reversed(steps)).lanes


def test_an_actor_of_a_later_version_gets_a_lane_before_the_scheduler() -> None:
    layout = Layout([scenes.step("t", 1, scenes.ref("Pod", "p"), "brand-new-controller")])
    new = lane("brand-new-controller")
    assert layout.lanes[-1] == new
    assert new < lane("scheduler")
    assert new.label == "brand new controller"


def test_a_hundred_kubelets_share_what_room_there_is() -> None:
    pod = scenes.ref("Pod", "p")
    steps = [scenes.step("t", n, pod, "kubelet", node=f"node-{n:03d}") for n in range(100)]
    layout = Layout(steps)
    assert len(layout.lanes) == LANES_MOST
    assert {layout.x(lane("kubelet", f"node-{n:03d}")) for n in range(100)} <= set(layout.middles)


def test_a_step_of_the_api_server_itself_is_stored_without_a_request() -> None:
    step = scenes.step("t", 1, scenes.ref("CustomResourceDefinition", "x"), "api-server")
    (row,) = rows(fold([step]), Layout([step]))
    assert [arrow.kind for arrow in row.arrows] == ["store"]


def test_nothing_is_drawn_as_stored_without_a_resource_version() -> None:
    gone = scenes.step(
        "t", 1, scenes.ref("Pod", "p"), "unknown", resource_version="",
        grades=Grades("inferred", "unknown", "unknown"),
    )  # fmt: skip
    (row,) = rows(fold([gone]), Layout([gone]))
    assert [(arrow.kind, arrow.grade) for arrow in row.arrows] == [("request", "unknown")]
