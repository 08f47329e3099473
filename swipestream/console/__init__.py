"""What the command line shows and reads: progress, durations, moments."""
