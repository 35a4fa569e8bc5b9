"""What the bot does: accepts requests, runs jobs, counts credits. Knows neither Discord nor SQL."""
