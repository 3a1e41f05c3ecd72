"""The networks as their papers describe them, in plain torch: the reference, what trains, what is exported to ONNX."""
