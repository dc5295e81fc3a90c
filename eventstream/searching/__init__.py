"""Full-text search: what is looked for of steps, traces and objects, and the index that finds it.

`texts` says what is searched, `terms` what somebody looks for, `index` what a database's own index
has to do (`words` in each engine's room), `keeping` how the index is kept with the rows. What is
found is only where to look: history shows nothing of it that whoever asks may not see.
"""
