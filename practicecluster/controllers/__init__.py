"""Kubernetes' controllers, each a client of the API: written once, and run in two ways.

People run them over HTTP and by the real clock (`running`), to practise with kubectl; tests run
them by a seed and a virtual clock, against an API server in memory. They know neither: they ask an
`Api` and wait by a `Clock`. They are written from Kubernetes' source and share no code with Baton.
"""
