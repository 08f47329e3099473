"""Rules and lists of the fraud team: changing, publishing and trying them on stored payments."""
