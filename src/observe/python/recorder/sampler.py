# The sampler: where threads and tasks stand, holds, and snapshots.
