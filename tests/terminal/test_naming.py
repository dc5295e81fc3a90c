"""An object is named as for kubectl, and what Baton never reads is refused by name."""

import pytest

from eventstream.explain.vocabulary.declared.kinds import SHORT_NAMES
from eventstream.kubeapi.served import Served, ServedType
from eventstream.objects.kinds import WATCHED
from eventstream.objects.resource import Resource
from terminal.naming import Asked, BadNameError, NoSuchTypeError, NotReadError, find, parse

ALL = frozenset({"get", "list", "watch"})


def served(*types: tuple[Resource, frozenset[str]]) -> Served:
    return {each.key: ServedType(each, ALL, names) for each, names in types}


WEBSITES = Resource("stable.example.com", "v1", "websites", "Website")
SERVED = served(
    (Resource("", "v1", "pods", "Pod"), frozenset({"pod", "po"})),
    (Resource("", "v1", "secrets", "Secret"), frozenset({"secret"})),
    (Resource("apps", "v1", "deployments", "Deployment"), frozenset({"deployment", "deploy"})),
    (Resource("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
     frozenset({"hpa"})),
    (Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
     frozenset({"hpa"})),
    (WEBSITES, frozenset({"website", "ws"})),
    (Resource("oauth.openshift.io", "v1", "oauthaccesstokens", "OAuthAccessToken"), frozenset()),
)  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["deployment/api"], Asked("deployment", "api")),
        (["pod", "api-0"], Asked("pod", "api-0")),
        (["deployments.apps/api"], Asked("deployments.apps", "api")),
    ],
)
def test_an_object_is_named_in_one_word_or_two(words: list[str], expected: Asked) -> None:
    assert parse(words) == expected


@pytest.mark.parametrize(
    "words", [[], ["api"], ["pod/"], ["/x"], ["pod/x/y"], ["pod", "a", "b"], ["pod/x", "pod/y"]]
)
def test_what_names_no_object_is_refused(words: list[str]) -> None:
    with pytest.raises(BadNameError, match="TYPE/NAME"):
        parse(words)


@pytest.mark.parametrize(
    ("type_", "key"),
    [
        ("deploy", "apps/v1/deployments"),
        ("Deployment", "apps/v1/deployments"),
        ("deployments.apps", "apps/v1/deployments"),
        ("deployments.v1.apps", "apps/v1/deployments"),
        ("po", "v1/pods"),
        ("pods.v1", "v1/pods"),
        ("ws", "stable.example.com/v1/websites"),
        ("website.stable.example.com", "stable.example.com/v1/websites"),
        ("hpa", "autoscaling/v2/horizontalpodautoscalers"),
    ],
)
def test_a_type_is_found_by_each_of_its_names(type_: str, key: str) -> None:
    assert find(Asked(type_, "x"), SERVED).key == key


@pytest.mark.parametrize("type_", ["deploys", "deployments.batch", "pods.v2", ""])
def test_a_type_that_nobody_serves_is_not_found(type_: str) -> None:
    with pytest.raises(NoSuchTypeError, match="no resource type"):
        find(Asked(type_, "x"), SERVED)


@pytest.mark.parametrize("type_", ["secret", "oauthaccesstokens"])
def test_what_baton_never_reads_is_not_read_here_either(type_: str) -> None:
    with pytest.raises(NotReadError, match="does not read"):
        find(Asked(type_, "x"), SERVED)


def test_where_nobody_says_what_is_served_the_types_of_kubernetes_are_known() -> None:
    plurals = {each.plural for each in WATCHED}
    assert set(SHORT_NAMES.values()) <= plurals
    for short, plural in SHORT_NAMES.items():
        assert find(Asked(short, "x"), None).plural == plural
    assert find(Asked("job", "x"), None).plural == "jobs"
