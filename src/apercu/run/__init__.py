"""Run a plan: the node functions, and the executor that records what each of them did."""
