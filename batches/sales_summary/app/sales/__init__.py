"""The shops' sales: ``sales.check`` checks them, ``sales.summary`` sums them up, ``sales.notice`` tells of it."""
