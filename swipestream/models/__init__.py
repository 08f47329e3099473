"""Which model decides and which follows it: changes, their record, and how the two compare."""
