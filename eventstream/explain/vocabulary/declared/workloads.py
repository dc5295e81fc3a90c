"""The controllers of workloads: they make Pods, or what makes Pods."""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import Controller, Making
from eventstream.explain.vocabulary.sources import CONTROLLER

WORKLOADS = (
    Controller(
        id="deployment-controller",
        title="Deployment controller",
        lane=13,
        hue="owner",
        source_url=CONTROLLER + "deployment",
        looks_after=(
            "looks after Deployments: makes a ReplicaSet for each new Pod template, and asks "
            "for Pods there as it asks for fewer in the old one."
        ),
        kinds=(kinds.DEPLOYMENT,),
        account="deployment-controller",
        makes=(Making(kinds.REPLICASET, kinds.DEPLOYMENT, sources.DEPLOYMENT_SYNC),),
        reports=((kinds.DEPLOYMENT, sources.DEPLOYMENT_SYNC),),
    ),
    Controller(
        id="replicaset-controller",
        title="ReplicaSet controller",
        lane=14,
        hue="maker",
        source_url=CONTROLLER + "replicaset",
        looks_after=(
            "looks after ReplicaSets: creates and deletes Pods until as many exist as are desired."
        ),
        kinds=(kinds.REPLICASET,),
        account="replicaset-controller",
        makes=(Making(kinds.POD, kinds.REPLICASET, sources.REPLICASET_MANAGE, counted=True),),
        reports=((kinds.REPLICASET, sources.REPLICASET_STATUS),),
    ),
    Controller(
        id="replication-controller",
        title="ReplicationController controller",
        lane=15,
        hue="maker",
        source_url=CONTROLLER + "replication",
        looks_after=(
            "looks after ReplicationControllers, as the ReplicaSet controller does "
            "after ReplicaSets."
        ),
        kinds=(kinds.REPLICATION_CONTROLLER,),
        account="replication-controller",
        makes=(
            Making(
                kinds.POD, kinds.REPLICATION_CONTROLLER, sources.REPLICASET_MANAGE, counted=True
            ),
        ),
        reports=((kinds.REPLICATION_CONTROLLER, sources.REPLICASET_STATUS),),
    ),
    Controller(
        id="statefulset-controller",
        title="StatefulSet controller",
        lane=16,
        hue="owner",
        source_url=CONTROLLER + "statefulset",
        looks_after=(
            "looks after StatefulSets: Pods that keep their number, and claims of their own "
            "where it asks for such; one after the other, unless told otherwise."
        ),
        kinds=(kinds.STATEFULSET,),
        account="statefulset-controller",
        makes=(
            Making(kinds.POD, kinds.STATEFULSET, sources.STATEFULSET_CONTROL, counted=True),
            Making(kinds.CLAIM, kinds.STATEFULSET, sources.CLAIMS_OF_STATEFULSETS),
            Making(kinds.REVISION, kinds.STATEFULSET, sources.HISTORY),
        ),
        reports=((kinds.STATEFULSET, sources.STATEFULSET_CONTROL),),
    ),
    Controller(
        id="daemonset-controller",
        title="DaemonSet controller",
        lane=17,
        hue="owner",
        source_url=CONTROLLER + "daemon",
        looks_after="looks after DaemonSets: one Pod on each node that fits.",
        kinds=(kinds.DAEMONSET,),
        account="daemon-set-controller",
        makes=(
            Making(kinds.POD, kinds.DAEMONSET, sources.DAEMONSET_SYNC),
            Making(kinds.REVISION, kinds.DAEMONSET, sources.HISTORY),
        ),
        reports=((kinds.DAEMONSET, sources.DAEMONSET_SYNC),),
    ),
    Controller(
        id="job-controller",
        title="Job controller",
        lane=18,
        hue="maker",
        source_url=CONTROLLER + "job",
        looks_after=(
            "looks after Jobs: runs Pods until enough have succeeded, or too many have failed."
        ),
        kinds=(kinds.JOB,),
        account="job-controller",
        makes=(Making(kinds.POD, kinds.JOB, sources.JOB_SYNC),),
        reports=((kinds.JOB, sources.JOB_SYNC),),
        finalizers=(("batch.kubernetes.io/job-tracking", sources.JOB_SYNC),),
    ),
    Controller(
        id="cronjob-controller",
        title="CronJob controller",
        lane=12,
        hue="owner",
        source_url=CONTROLLER + "cronjob",
        looks_after="creates a Job whenever a CronJob's schedule says so, and deletes old ones.",
        kinds=(kinds.CRONJOB,),
        account="cronjob-controller",
        makes=(Making(kinds.JOB, kinds.CRONJOB, sources.CRONJOB_SYNC),),
        reports=((kinds.CRONJOB, sources.CRONJOB_SYNC),),
    ),
)
