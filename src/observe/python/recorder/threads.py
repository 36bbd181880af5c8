# Threads: where each was started, by whom, and how it ended.
