peerless study cross --scores scores.csv --embeddings vectors.jsonl --tsne map.csv && wc -l map.csv && head -c 15 map.csv
