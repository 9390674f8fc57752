peerless study single-judges --judgments judgments.jsonl --truth truth.csv --images 6
