"""Packs the situations that can be started in the practice cluster into the file that it reads.

They are recordings that the engine is tested with, in the order in which they are numbered: from
what is met every day to what is seldom seen.
"""

import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "tests/explain/situations"
PACKED = ROOT / "practicecluster/situations/situations.jsonl.xz"

NAMES = (
    "image_called_authentication",
    "exit_zero_loop",
    "config_key_missing",
    "image_no_basic_auth",
    "image_rate_limit",
    "image_secret_missing",
    "image_arch",
    "start_error_loop",
    "limit_range",
    "quota_must_specify",
    "pod_security",
    "webhook_down",
    "ca_no_scale_up",
    "volume_affinity",
    "wffc_no_pv",
    "pvc_alone",
    "attach_timeout",
    "multi_attach",
    "cni_ip_exhausted",
    "sandbox_after_reboot",
    "admission_storm",
    "kill_fails",
    "daemonset_image",
    "daemonset_zero",
    "sts_ondelete",
    "sts_pod_invalid",
    "sts_rollback_trap",
    "job_deadline",
    "job_two_containers",
    "job_sidecar",
    "cronjob_missed",
    "kueue_suspended",
    "hpa_no_metrics",
    "readiness_gate",
    "pod_resize_infeasible",
    "dra_claim_missing",
    "init_waits",
    "image_slow_pull",
    "node_reboot",
    "node_not_ready",
    "ns_finalizers",
    "ns_already_terminating",
    "crd_names",
    "cr_no_operator",
    "cr_stalled",
    "cr_argocd_app",
    "cr_rollout_degraded",
    "cr_ready_unknown",
    "cr_cert_challenge",
    "who_flux_reverts",
    "who_karpenter",
)
"""A new one goes to the end: people know them by their numbers."""


def lines() -> Iterator[bytes]:
    """Yield the line of each recording."""
    for name in NAMES:
        tape = (RECORDED / f"{name}.jsonl").read_bytes().splitlines()
        yield msgspec.json.encode({"name": name, "lines": [msgspec.Raw(line) for line in tape]})


def main() -> int:
    """Write the file anew."""
    PACKED.write_bytes(lzma.compress(b"".join(line + b"\n" for line in lines()), preset=9))
    print(f"{PACKED.relative_to(ROOT)}: {PACKED.stat().st_size:,} bytes, {len(NAMES)} situations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
