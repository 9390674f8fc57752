peerless rank --judgments judgments.jsonl --methods weights:truth.csv
