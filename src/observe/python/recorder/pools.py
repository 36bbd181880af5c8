# Pools and their jobs.
