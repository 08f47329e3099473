"""What is written down of a model: manifest, model card, pictures."""
