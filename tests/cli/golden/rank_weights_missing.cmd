peerless rank --judgments judgments.jsonl --methods upme,weights:few_weights.csv
