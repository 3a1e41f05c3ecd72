"""How the networks become what Apercu ships: export to ONNX graphs (and, later, training)."""
