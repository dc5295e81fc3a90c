"""Takes requests from sockets: what one may bring is decided by its head, before its body comes.

Daphne and Twisted take a body in whole before anybody is asked, and parse forms in the event loop.
Here a `Channel` asks once a head is there. What is refused is answered and its body not read; a
small body is kept in memory; a large one goes piece by piece to a thread that reads it (`Body`).
"""
