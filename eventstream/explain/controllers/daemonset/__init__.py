"""DaemonSets: on which nodes they have a Pod, and why."""
