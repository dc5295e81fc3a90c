"""How the practice cluster takes writes: what a real API server does from a request to its store.

`writer` puts the parts together, without HTTP and without a clock of its own; `requests` is the
HTTP side. `schemas` knows the fields of the built-in types and of what CRDs define, `ownership`
keeps managedFields, `patches` changes objects, `defaults` and `validation` are the types' own
rules, `admission` those of a namespace, `deletion` what it takes for an object to go.
"""
