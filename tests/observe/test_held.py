"""While the loop does nothing but work, a probe is answered, and pages are right after."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_probe_is_answered_while_the_loop_is_held_and_a_page_after() -> None:
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning"]
    done = subprocess.run(
        [*command, "-m", "tests.observe.held"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout.splitlines() == ["200 alive", "held until then", "200 a page at /page"]
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
