"""What a controller does not see it finds out: a server that was away, a controller begun anew."""

import asyncio
import socket
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.api import Refused
from practicecluster.controllers.clock import RealClock
from practicecluster.controllers.http_api import Address, HttpApi
from practicecluster.controllers.running import Staff
from practicecluster.controllers.who import API_SERVER
from practicecluster.kubeconfig import write_kubeconfig
from tests.practicecluster.writing.test_kubectl import ADMIN, Kubectl

SOON = "--timeout=120s"


async def test_controllers_go_on_after_the_server_was_away_and_after_they_were(
    tmp_path: Path,
) -> None:
    async with PracticeCluster(writable=True, tls=True) as cluster:
        write_kubeconfig(cluster.kubeconfig(ADMIN), tmp_path / "kubeconfig")
        kubectl = Kubectl(tmp_path)
        first = Staff(cluster.address())
        await asyncio.to_thread(first.start)
        await kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
        await cluster.down()
        await asyncio.sleep(0.5)
        await cluster.up()
        await kubectl("rollout", "status", "deployment/web", SOON)
        await asyncio.to_thread(first.end)
        await kubectl("scale", "deployment", "web", "--replicas=4")
        second = Staff(cluster.address())
        await asyncio.to_thread(second.start)
        await kubectl("rollout", "status", "deployment/web", SOON)
        found = await kubectl.shown("deployment", "web")
        assert found["status"]["availableReplicas"] == 4
        await asyncio.to_thread(second.end)


def test_a_request_waits_for_a_server_that_is_away_and_is_sent_once() -> None:
    sent: list[str] = []

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            if len(sent) == 1:  # It took the request, and was killed before it answered.
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    api = HttpApi(Address(f"http://127.0.0.1:{port}", "", str), RealClock(1), API_SERVER)
    thing = {"kind": "ConfigMap", "metadata": {"generateName": "c-", "namespace": "shop"}}
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(api.create(API_SERVER, thing))
        except Refused as refusal:
            found.append(refusal.code)

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()  # Nobody listens yet.
    with HTTPServer(("127.0.0.1", port), Server) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        asking.join(30)
        assert found == [503]  # Whether it was taken is not known, so it is not sent again.
        ask()
        api.end()
        server.shutdown()
        serving.join()
    assert found == [503, {}]
    assert sent == ["/api/v1/namespaces/shop/configmaps"] * 2
