"""What scores a payment: model bundles, the ONNX scorer, and the one wrapper that knows Flink."""
