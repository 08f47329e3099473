"""The pipeline beside what people would use instead: same payments, same windows, same model."""
