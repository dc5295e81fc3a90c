"""`python -m benchmarks.soak.probing URL` asks /healthz for ever and prints how many ms it took.

In a process of its own, so that nothing that attacks at the same time delays it. A probe that was
not answered by 200 is printed as a negative number.
"""

import http.client
import sys
import time
from urllib.parse import urlsplit

PAUSE = 0.05
PATIENCE = 120.0


def probe(address: str) -> float:
    """The ms of one answer, negative where it was none or no 200."""
    began, well = time.perf_counter(), False
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        well = connection.getresponse().status == 200
    except OSError:
        well = False
    finally:
        connection.close()
    took = (time.perf_counter() - began) * 1e3
    return took if well else -took


def main() -> None:
    """Do so until told to end."""
    address = urlsplit(sys.argv[1]).netloc
    while True:
        print(f"{probe(address):.1f}", flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
