# Queues, and what is left in them.
