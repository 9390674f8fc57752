peerless study cross --scores scores.csv --format json
