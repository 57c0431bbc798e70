"""What a run costs, on Fargate alone: a dated table of prices, and the arithmetic."""
