"""A Kubernetes API server in memory, and a player that feeds recordings of a real one into it.

It exists so that Baton can be shown, developed and tested with real traffic over real HTTP and no
cluster; with `writing` and `controllers` it is a simulated cluster that kubectl drives. It shares
no code with the two apps, or it would prove nothing but our own beliefs.
"""
