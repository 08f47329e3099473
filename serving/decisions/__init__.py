"""The decision API: a payment in, a decision out, with the features of the stream."""
