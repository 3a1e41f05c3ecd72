"""The networks as their papers describe them, in plain torch: the readable reference, what trains, and what is exported to ONNX (extra `train`)."""
