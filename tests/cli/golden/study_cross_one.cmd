peerless study cross --scores truth.csv
