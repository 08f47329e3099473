"""A small world of card payments, honest and not, the same for the same seed on every machine.

    world = World.generate(seed=7, customers=25_000, merchants=3_000, days=90, end_ms=now_ms)
    world.write(folder)                  # customers, merchants, payments, labels as Parquet
    world = World.read(folder)           # the same world again
    world.payments_table(), world.labels_table()
"""
