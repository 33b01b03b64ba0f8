"""Many recordings: jobs, resume, processes, machines, the summary."""
