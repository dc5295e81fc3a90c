"""All pages, a declaration each: a new page is added here and nowhere else.

Addresses (`urls.py`), the header's links (`navigation.py`), the sheets that a page loads
(`base.html`) and the feeds of the socket (`protocol.py`) derive from it.
"""

from dashboard import feeds, installed, views
from dashboard.asked import SHOWS
from dashboard.coverage_feed import CoverageFeed
from dashboard.exercise_feed import ExerciseFeed
from dashboard.learn_feed import LearnFeed
from dashboard.lessons import TABS
from dashboard.pages import (
    changes,
    cluster,
    exercises,
    learn,
    objects,
    reference,
    search,
    situations,
    tape,
    trace,
    window,
    writers,
)
from dashboard.pages.page import Address, InHeader, Page, Within, feeding
from dashboard.signin.decisions import Decision
from dashboard.situation_feed import SituationFeed

RIGHTS, VIEWERS, OWNER = Decision.RIGHTS, Decision.VIEWERS, Decision.OWNER

_TRACE = "[A-Za-z0-9_.:-]{1,200}"

PAGES = (
    Page(
        name="now",
        address="",
        view=views.now,
        decision=RIGHTS,
        template="now.html",
        feed=feeding("now", lambda _asked, wanted: feeds.NowFeed(wanted)),
        navigation=InHeader("Now"),
        style=None,
    ),
    Page(
        name="trace",
        address="traces/<str:trace_id>",
        view=trace.trace,
        decision=RIGHTS,
        template="trace.html",
        feed=feeding(
            "traces",
            lambda asked, _wanted: feeds.TraceFeed(asked[1], asked[2] or ""),
            rest=f"/({_TRACE})(?:/({'|'.join(SHOWS)}))?",
        ),
        navigation=Within("now"),
        style=None,
        others=(
            Address("then", "traces/<str:trace_id>/then", trace.then, RIGHTS),
            Address("step", "traces/<str:trace_id>/steps/<str:step_id>", trace.step, RIGHTS),
            Address("trace-file", "traces/<str:trace_id>/file", trace.as_file, RIGHTS),
        ),
    ),
    Page(
        name="cluster",
        address="cluster",
        view=cluster.cluster,
        decision=RIGHTS,
        template="cluster.html",
        feed=None,
        navigation=InHeader("Cluster"),
        style=None,
        others=(Address("cluster-pods", "cluster/pods.json", cluster.pods, RIGHTS),),
    ),
    Page(
        name="object",
        address="objects/<uid:uid>",
        view=objects.object_page,
        decision=RIGHTS,
        template="object.html",
        feed=None,
        navigation=Within("cluster"),
        style=None,
    ),
    Page(
        name="changes",
        address="changes",
        view=changes.changes,
        decision=RIGHTS,
        template="changes.html",
        feed=None,
        navigation=Within("cluster"),
        style=None,
        others=(Address("changes-csv", "changes.csv", changes.as_csv, RIGHTS),),
    ),
    Page(
        name="writers",
        address="writers",
        view=writers.writers,
        decision=RIGHTS,
        template="writers.html",
        feed=None,
        navigation=Within("cluster"),
        style=None,
        others=(Address("writers-csv", "writers.csv", writers.as_csv, RIGHTS),),
    ),
    Page(
        name="window",
        address="window",
        view=window.window,
        decision=RIGHTS,
        template="window.html",
        feed=None,
        navigation=Within("cluster"),
        style=None,
        others=(Address("window-file", "window/file", window.as_file, RIGHTS),),
    ),
    Page(
        name="search",
        address="search",
        view=search.search,
        decision=RIGHTS,
        template="search.html",
        feed=None,
        navigation=None,
        style=None,
    ),
    Page(
        name="learn",
        address="learn",
        view=learn.learn,
        decision=RIGHTS,
        template="learn.html",
        feed=feeding(
            "learn",
            lambda asked, _wanted: LearnFeed(asked[1], asked[2]),
            rest=f"/({'|'.join(TABS)})(?:/({_TRACE}))?",
        ),
        navigation=InHeader("Learn"),
        style="css/learn.css",
    ),
    Page(
        name="exercises",
        address="learn/exercises",
        view=exercises.exercises,
        decision=RIGHTS,
        template="exercises.html",
        feed=None,
        navigation=Within("learn"),
        style="css/learn.css",
    ),
    Page(
        name="exercise",
        address="learn/exercises/<str:slug>",
        view=exercises.exercise,
        decision=RIGHTS,
        template="exercise.html",
        feed=feeding(
            "exercise", lambda asked, _wanted: ExerciseFeed(asked[1]), rest="/([a-z-]{1,40})"
        ),
        navigation=Within("learn"),
        style="css/learn.css",
    ),
    Page(
        name="situations",
        address="learn/situations",
        view=situations.situations,
        decision=RIGHTS,
        template="situations.html",
        feed=None,
        navigation=Within("learn"),
        style="css/learn.css",
    ),
    Page(
        name="situation",
        address="learn/situations/<int:number>",
        view=situations.situation,
        decision=RIGHTS,
        template="situation.html",
        feed=feeding(
            "situation", lambda asked, _wanted: SituationFeed(int(asked[1])), rest="/([0-9]{1,3})"
        ),
        navigation=Within("learn"),
        style="css/learn.css",
    ),
    Page(
        name="reference",
        address="reference",
        view=reference.reference,
        decision=VIEWERS,
        template="reference.html",
        feed=None,
        navigation=InHeader("Reference"),
        style="css/reference.css",
    ),
    Page(
        name="tape",
        address="tape",
        view=tape.tape,
        decision=OWNER,
        template="tape.html",
        feed=None,
        navigation=InHeader("Tape"),
        style=None,
        others=(Address("tape-close", "tape/close", tape.close, OWNER),),
    ),
    Page(
        name="coverage",
        address="coverage",
        view=views.coverage,
        decision=RIGHTS,
        template="coverage.html",
        feed=feeding("coverage", lambda _asked, _wanted: CoverageFeed(), resumes=False),
        navigation=None,
        style=None,
        others=(
            Address("coverage-json", "coverage.json", views.coverage_as_json, RIGHTS),
            Address("version", "version", installed.version, VIEWERS),
        ),
    ),
)
"""In the order in which those in the header stand there."""

FEEDS = (
    *(page.feed for page in PAGES if page.feed),
    feeding("", lambda _asked, _wanted: feeds.Quiet(), resumes=False),
)
"""What a socket may ask for; the last is that of a page without a feed."""
