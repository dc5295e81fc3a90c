"""`make practice` as a person has it: kubectl drives the cluster, the dashboard tells it."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from benchmarks.programs import free_port
from tests.deploy.programs import program

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


def told(script: subprocess.Popen[str]) -> tuple[str, str]:
    """Return the kubeconfig and the address that it says; fails with all output without them."""
    seen, kubeconfig = [], ""
    assert script.stdout is not None
    for line in script.stdout:
        seen.append(line)
        if "export KUBECONFIG=" in line:
            kubeconfig = line.strip().partition("=")[2]
        if line.startswith("Dashboard: http://"):
            return kubeconfig, line.split()[1]
    pytest.fail("make practice ended without an address:\n" + "".join(seen))


def test_what_kubectl_does_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "scripts/run_practice.py", "--drive", "--port", str(free_port())]
    script = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        kubeconfig, address = told(script)
        with urllib.request.urlopen(f"{address}readyz", timeout=PATIENCE) as response:
            assert response.status == 200  # It has seen what there was before.
        create = ["create", "deployment", "nginx", "--image=bitnami/nginx:latest", "--replicas=3"]
        environment = os.environ | {"KUBECONFIG": kubeconfig, "HOME": str(tmp_path)}
        subprocess.run([program("kubectl"), *create], env=environment, check=True, timeout=PATIENCE)
        deadline, page = time.monotonic() + PATIENCE, ""
        while "3 of 3 Pods available" not in page and time.monotonic() < deadline:
            time.sleep(0.5)
            with urllib.request.urlopen(address, timeout=PATIENCE) as response:
                page = response.read().decode()
        assert "3 of 3 Pods available" in page
    finally:
        script.terminate()
        said, _ = script.communicate(timeout=PATIENCE)
    assert script.returncode == 0, said
    assert "Traceback" not in said
