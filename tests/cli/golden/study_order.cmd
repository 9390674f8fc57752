peerless study order --judgments judgments.jsonl --truth truth.csv --images 6
