"""The decision API as the product sees it: its process, its keys, and whether it told the truth."""
