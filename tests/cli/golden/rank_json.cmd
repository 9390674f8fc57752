peerless rank --judgments judgments.jsonl --truth truth.csv --format json
