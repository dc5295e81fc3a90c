"""Exercises about types of one's own, and about finding out who did what."""

from dashboard.exercises.exercise import Exercise, Expected, Sign, Task

_TYPE = """kubectl apply -f - <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.demo.example.com}
spec:
  group: demo.example.com
  scope: Namespaced
  names: {kind: Shop, plural: shops, singular: shop}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {shelves: {type: integer, minimum: 1}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
END"""

_OBJECT = """kubectl apply -f - <<'END'
apiVersion: demo.example.com/v1
kind: Shop
metadata: {name: corner}
spec: {shelves: 3}
END"""

_ACT = """kubectl create deployment corner --image=nginx --field-manager=shop-operator
kubectl patch shop corner --subresource=status --type=merge \\
  --field-manager=shop-operator -p '{"status": {"observedGeneration": 1, "conditions": [
  {"type": "Ready", "status": "True", "reason": "Stocked", "message": "3 shelves are full",
   "lastTransitionTime": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'"}]}}'"""

_OPERATOR = Exercise(
    slug="operator",
    title="Add a type, and be its operator",
    teaches="A CustomResourceDefinition adds words; only an operator gives them a meaning.",
    idea="The API server stores objects of a type that you add, and checks them against your "
    "schema. It does nothing else with them. An operator is a controller like all others: it "
    "observes, compares and acts. Here you are the operator yourself, for one round.",
    tasks=(
        Task(
            title="Add the type Shop",
            command=_TYPE,
            look="No controller answers: the API server itself checks the names, and serves the "
            "type from now on, as it serves Pods.",
            hint="kubectl explain shop.spec shows your schema, as the server understood it.",
            expected=(
                Expected(
                    "a client creates the definition",
                    Sign(
                        kind="CustomResourceDefinition",
                        name="shops.demo.example.com",
                        actor="client",
                        verb="create",
                    ),
                ),
            ),
        ),
        Task(
            title="Create a Shop",
            command=_OBJECT,
            look="It is stored, and nothing follows. After a minute Baton says that no "
            "controller has answered.",
            hint="Try spec: {shelves: 0} as well: the API server refuses it by your schema.",
            expected=(
                Expected(
                    "a client creates the Shop",
                    Sign(kind="Shop", name="corner", actor="client", verb="create"),
                ),
            ),
        ),
        Task(
            title="Answer it as its operator would",
            command=_ACT,
            look="Baton takes whoever writes the status of a custom resource for its controller, "
            "and goes by the condition Ready.",
            hint="The name behind --field-manager is what managedFields keep of a writer. A whole "
            "operator, to run and to copy, is in the project: examples/website-operator.",
            expected=(
                Expected(
                    "the operator acts",
                    Sign(
                        kind="Deployment",
                        name="corner",
                        by="shop-operator",
                        verb="create",
                    ),
                ),
                Expected(
                    "and reports",
                    Sign(
                        kind="Shop",
                        name="corner",
                        by="shop-operator",
                        changed="status.conditions",
                        after='"Ready"',
                    ),
                ),
            ),
        ),
    ),
    cleanup="kubectl delete deployment corner\n"
    "kubectl delete customresourcedefinition shops.demo.example.com",
)

_WHO = Exercise(
    slug="who",
    title="Find out who changed it",
    teaches="Each field has the name of who wrote it last; Baton puts these names in order.",
    idea="An object's managedFields say which client set which field, by the name that the client "
    "chose. They keep the last writer of each field and forget those before. Baton has seen each "
    "version, so it can tell the whole story.",
    tasks=(
        Task(
            title="Have two people change the same number",
            command="kubectl create deployment shared --image=nginx --replicas=2\n"
            "kubectl patch deployment shared --field-manager=day-shift "
            '-p \'{"spec": {"replicas": 4}}\'\n'
            "kubectl patch deployment shared --field-manager=night-shift "
            '-p \'{"spec": {"replicas": 1}}\'',
            look="Each change is a trace of its own, with the name of its client.",
            hint="A name that a client chose proves nothing: that is why Baton calls it reported.",
            expected=(
                Expected(
                    "day-shift asks for four",
                    Sign(
                        kind="Deployment",
                        name="shared",
                        actor="client",
                        by="day-shift",
                        changed="spec.replicas",
                        after="4",
                    ),
                ),
                Expected(
                    "night-shift asks for one",
                    Sign(
                        kind="Deployment",
                        name="shared",
                        actor="client",
                        by="night-shift",
                        changed="spec.replicas",
                        after="1",
                    ),
                ),
            ),
        ),
        Task(
            title="Ask the object, then ask Baton",
            command="kubectl get deployment shared -o yaml --show-managed-fields\n"
            "kubectl annotate deployment shared settled-by=me --field-manager=me",
            look="Find spec.replicas in managedFields: only night-shift is left. Baton's pages "
            "Changes and Writers, below Cluster, still know of day-shift.",
            hint="In managedFields a field is f:spec, f:replicas; its manager stands below it.",
            expected=(
                Expected(
                    "you put a note on it",
                    Sign(
                        kind="Deployment",
                        name="shared",
                        actor="client",
                        changed="metadata.annotations.settled-by",
                    ),
                ),
            ),
        ),
    ),
    cleanup="kubectl delete deployment shared",
)

EXERCISES = (_OPERATOR, _WHO)
