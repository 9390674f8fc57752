peerless study cross --scores scores.csv --tsne map.csv
