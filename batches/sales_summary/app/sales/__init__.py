"""The shops' sales: ``sales.summary`` sums them up, ``sales.check`` checks them."""
