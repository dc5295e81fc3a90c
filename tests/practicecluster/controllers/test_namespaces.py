"""What the namespace controller says of what keeps a namespace from going."""

from tests.practicecluster.controllers.test_deciding import PERSON, Simulated, simulation


def conditions(simulated: Simulated, name: str) -> dict[str, tuple[str, str]]:
    found = simulated.shown("Namespace", name, "")["status"]["conditions"]
    return {each["type"]: (each["status"], each["message"]) for each in found}


def test_a_namespace_says_how_much_is_left_of_what_and_whose_finalizers_hold_it() -> None:
    simulated = simulation()
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old"}}
    space = simulated.api.create(PERSON, space)
    for name, held in (("a", ["example.com/hold"]), ("b", ["example.com/hold"]), ("c", [])):
        metadata = {"name": name, "namespace": "old", "finalizers": held}
        simulated.api.create(
            PERSON, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        )
    simulated.api.delete(PERSON, space)
    simulated.wait(20)
    told = conditions(simulated, "old")
    assert told["NamespaceContentRemaining"] == (
        "True",
        "Some resources are remaining: configmaps. has 2 resource instances",
    )
    assert told["NamespaceFinalizersRemaining"] == (
        "True",
        (
            "Some content in the namespace has finalizers remaining: "
            "example.com/hold in 2 resource instances"
        ),
    )
    assert told["NamespaceDeletionContentFailure"][0] == "False"
