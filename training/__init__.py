"""From a world on disk to a model bundle: features by the production SQL, LightGBM, ONNX."""
