"""What is learned from: worlds and stored payments, and their features by the production SQL."""
