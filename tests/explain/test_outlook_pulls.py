"""Images that cannot be had: what a runtime's message says, whatever the image is called."""

import pytest

from eventstream.explain.controllers.pod.images import failure, image_named, is_telling
from tests.explain.stories import Json, Story
from tests.explain.test_outlook_diagnoses import report, rollout, waiting

REF = "r.example.com/shop/api:1.4"
UNPACK = f'rpc error: code = Unknown desc = failed to pull and unpack image "{REF}": '
RESOLVE = f'{UNPACK}failed to resolve reference "{REF}": '
DAEMON = "rpc error: code = Unknown desc = Error response from daemon: "
CRIO = f"rpc error: code = Unknown desc = initializing source docker://{REF}: "
URL = "https://r.example.com/v2/shop/api/manifests/1.4"

MESSAGES = [
    # containerd
    (f"{RESOLVE}{REF}: not found", "missing", "not found"),
    (
        (f"{RESOLVE}failed to authorize: failed to fetch oauth token: unexpected status from GET "
        f"request to https://auth.example.com/token: 401 Unauthorized"),
        "denied",
        "401 Unauthorized",
    ),
    (f"{RESOLVE}unexpected status from HEAD request to {URL}: 403 Forbidden", "denied", "403"),
    (f"{RESOLVE}unexpected status from HEAD request to {URL}: 503 Service Unavailable",
     "unavailable", "503 Service Unavailable"),
    ((f'{RESOLVE}failed to do request: Head "{URL}": dial tcp: lookup r.example.com on '
     "10.96.0.10:53: no such host"), "network", "dial tcp: lookup r.example.com"),
    ((f'{RESOLVE}failed to authorize: failed to fetch anonymous token: Get "{URL}": dial tcp '
     "10.0.0.1:443: i/o timeout"), "network", "i/o timeout"),
    ((f'{RESOLVE}failed to do request: Head "{URL}": tls: failed to verify certificate: x509: '
     "certificate signed by unknown authority"), "certificate", "x509"),
    ((f'{RESOLVE}failed to do request: Head "{URL}": http: server gave HTTP response to HTTPS '
     "client"), "certificate", "HTTP response"),
    (f"{UNPACK}no match for platform in manifest: not found", "platform", "no match for platform"),
    ((f"{UNPACK}failed to unpack image on snapshotter overlayfs: unexpected media type "
     "text/html for sha256:aa: not found"), "content", "unexpected media type text/html"),
    ((f'{UNPACK}failed to prepare extraction snapshot "extract-1": stat /var/lib/x: no such file '
     "or directory"), "node", "stat /var/lib/x: no such file or directory"),
    ((f"{UNPACK}failed to copy: httpReadSeeker: failed open: unexpected status code {URL}: 429 Too "
     "Many Requests - Server message: toomanyrequests: You have reached your pull rate limit."),
     "rate", "429 Too Many Requests"),
    (f"{UNPACK}failed to extract layer sha256:aa: write /var/lib/x: no space left on device",
     "space", "write /var/lib/x: no space left on device"),
    ((f"{UNPACK}failed to extract layer sha256:aa: failed to get reader from content store: "
     "content digest sha256:bb: not found"), "node", "content digest sha256:bb: not found"),
    (f"{UNPACK}failed to mount /tmp/containerd-mount1: permission denied", "node", "permission"),
    (('error getting credentials - err: exec: "docker-credential-gcr": executable file not found '
     "in $PATH"), "node", "executable file not found"),
    (('locating item named "manifest" for image with ID "aa" (consider removing the image to '
     "resolve the issue): file does not exist"), "node", "file does not exist"),
    (f"{RESOLVE}denied: Permission \"artifacts.get\" denied on resource", "denied", "Permission"),
    # CRI-O
    (f"{CRIO}reading manifest 1.4 in r.example.com/shop/api: manifest unknown: manifest unknown",
     "missing", "manifest unknown"),
    ((f"{CRIO}reading manifest 1.4 in r.example.com/shop/api: unauthorized: access to the "
     "requested resource is not authorized"), "denied", "unauthorized"),
    ((f'{CRIO}pinging container registry r.example.com: Get "{URL}": dial tcp 10.0.0.1:443: '
     "connect: connection refused"), "network", "connection refused"),
    ('choosing image instance: no image found in manifest list for architecture "arm64"',
     "platform", "no image found"),
    (('short-name "api:1.4" did not resolve to an alias and no unqualified-search registries are '
     'defined in "/etc/containers/registries.conf"'), "ambiguous", "short-name"),
    # Docker
    (f"{DAEMON}Get {URL}: no basic auth credentials", "denied", "no basic auth credentials"),
    (f"{DAEMON}manifest for {REF} not found: manifest unknown: manifest unknown",
     "missing", "not found"),
    (f'{DAEMON}Get "{URL}": net/http: TLS handshake timeout', "network", "TLS handshake timeout"),
    (f"{DAEMON}no matching manifest for linux/arm64/v8 in the manifest list entries",
     "platform", "no matching manifest"),
    (f"{DAEMON}readlink /var/lib/docker/overlay2/l: invalid argument", "",
     "readlink /var/lib/docker/overlay2/l: invalid argument"),
    ("something else went wrong", "", "something else went wrong"),
]  # fmt: skip


@pytest.mark.parametrize("before", ["", f'Failed to pull image "{REF}": ',
                                    f'Back-off pulling image "{REF}": ErrImagePull: ',
                                    "(combined from similar events): "])  # fmt: skip
@pytest.mark.parametrize(("message", "kind", "said"), MESSAGES)
def test_a_runtimes_message_is_read_by_its_structure(
    before: str, message: str, kind: str, said: str
) -> None:
    found = failure(before + message, REF)
    assert found.kind == kind
    assert said in found.said


NAMED = [
    "r.example.com/shop/authentication-denied:2.0",
    "r.example.com/unauthorized/403:429",
    "not-found.example.com:5000/no-such-host/x509:toomanyrequests",
    "manifest-unknown:1",
]


@pytest.mark.parametrize("ref", NAMED)
@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ("{ref}: not found", "missing"),
        ("unexpected status from HEAD request to https://x/v2/{ref}: 401 Unauthorized", "denied"),
        ('failed to do request: Head "https://x/v2/{ref}": dial tcp: i/o timeout', "network"),
    ],
)
def test_no_word_of_an_images_own_name_counts(ref: str, tail: str, kind: str) -> None:
    head = f'failed to pull and unpack image "{ref}": failed to resolve reference "{ref}": '
    assert failure(head + tail.format(ref=ref), ref).kind == kind


def test_a_message_of_names_alone_is_told_whole() -> None:
    assert failure("a/b: c/d:", "x").said == "a/b: c/d:"
    assert failure("/" * 1024 + ":", "x").kind == ""


def test_a_registry_that_does_not_tell_strangers_leaves_a_doubt() -> None:
    text = "pull access denied, repository does not exist or may require authorization"
    assert failure(text, "x").doubtful
    assert not failure("401 Unauthorized", "x").doubtful


@pytest.mark.parametrize(
    ("message", "telling"),
    [('Back-off pulling image "x"', False), ("Error: ErrImagePull", False), ("", False),
     ('Failed to pull image "x": not found', True)],
)  # fmt: skip
def test_a_pull_that_is_only_put_off_tells_nothing(message: str, telling: bool) -> None:
    assert is_telling(message) is telling


def failing(story: Story, message: str) -> Json:
    web, _, one = rollout(story)
    ref = one["spec"]["containers"][0]["image"]
    report(story, one, waiting("ImagePullBackOff", f'Back-off pulling image "{ref}"'))
    story.tell(one, "Failed", f'Failed to pull image "{ref}": {message}', "kubelet")
    story.tell(one, "Failed", "Error: ImagePullBackOff", "kubelet")
    return web


def test_an_older_kubelet_tells_the_reason_in_its_event_alone() -> None:
    story = Story()
    trace = story.trace(failing(story, "toomanyrequests: slow down"))
    assert trace.diagnosis == "image-pull-failed"
    assert "the registry's rate limit is reached: toomanyrequests: slow down" in trace.summary
    assert "toomanyrequests" in trace.diagnosis_evidence[1].text


def test_the_newest_reason_counts_and_not_one_that_is_past() -> None:
    story = Story()
    web, _, one = rollout(story)
    report(story, one, waiting("ImagePullBackOff"))
    for message in ("toomanyrequests: slow down", "manifest unknown"):
        ref = one["spec"]["containers"][0]["image"]
        story.tell(one, "Failed", f'Failed to pull image "{ref}": {message}', "kubelet")
    assert story.trace(web).diagnosis == "image-not-found"


def test_a_pull_secret_that_is_not_there_is_named() -> None:
    story = Story()
    web, _, one = rollout(story)
    lacks = "Unable to retrieve some image pull secrets (regcred); attempting to pull may fail."
    story.tell(one, "FailedToRetrieveImagePullSecret", lacks, "kubelet")
    report(story, one, waiting("ErrImagePull", "401 Unauthorized"))
    trace = story.trace(web)
    assert trace.diagnosis == "image-pull-denied"
    assert trace.summary.endswith("; the kubelet could not retrieve its image pull secret regcred.")
    assert any("regcred" in piece.text for piece in trace.diagnosis_evidence)
    report(story, one, waiting("ErrImagePull", "manifest unknown"))
    assert "regcred" not in story.trace(web).summary


def test_the_images_of_two_containers_are_both_told() -> None:
    story = Story()
    web, _, one = rollout(story)
    one["spec"]["containers"].append({"name": "d", "image": "other:1"})
    other = waiting("ErrImagePull", "401 Unauthorized") | {"name": "d"}
    report(story, one, waiting("ErrImagePull", "manifest unknown"), other)
    trace = story.trace(web)
    assert trace.diagnosis == "image-not-found"
    assert "cannot get image other:1: the registry denies it" in trace.summary


MEANT = [
    (f"{RESOLVE}{REF}: not found", "model:9", REF),
    (f"{CRIO}reading manifest 1.4 in r.example.com/shop/api: manifest unknown", "model:9", REF),
    ('Pulling image "quay.io/acme/model:9"', REF, "quay.io/acme/model:9"),
    ('Back-off pulling image "model:9": ErrImagePull: not found', REF, "model:9"),
    ('failed to resolve reference "docker.io/library/nginx:1": not found', "nginx:1", "nginx:1"),
    ("401 Unauthorized", REF, REF),
    ("", REF, REF),
]


@pytest.mark.parametrize(("message", "own", "named"), MEANT)
def test_the_image_that_a_message_names_need_not_be_the_containers_own(
    message: str, own: str, named: str
) -> None:
    assert image_named(message, own) == named
