"""From a cluster's HTTP answers to complete, ordered observations; reads only, ever.

Read it from the outside in:
- `watcher` decides with `discovery`, `served`, `crds` and `custom_types` which types are watched,
  and `supervision` keeps one reflector running for each.
- `reflector` lives through `states`, of which `transitions` is the table; `listing` says what is
  asked for in each, `exchange` asks it, and `taking` gives the sink what came, with `sequence`
  judging its order, `delivery` what counts as taken and `coverage` keeping account.
- `lists` and `turns` are what reflectors share: the server, and the event loop.
- `session`, `watchdog` and `lines` are one open watch; `backoff` and `clock` are time.
- `connection` is the way to the server, with `kubeconfig`, `credentials`, `tokens` and `transport`
  for who we are and how; `problems`, `answers` and `rules` say what went wrong and what to do.
"""

from eventstream.kubeapi import alone as alone  # Before anything of the package is loaded.
