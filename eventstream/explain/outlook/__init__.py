"""What must happen next to an object tree, who must do it, and since when: the baton.

Judged from the objects themselves, as kubectl's rollout status and kstatus do, never from the
passing of time alone, except where a wait lasts longer than is usual for its kind in this
cluster, or than a stated default while too few of its kind were seen.
"""
