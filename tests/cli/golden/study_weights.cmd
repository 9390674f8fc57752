peerless study weights --judgments judgments.jsonl --truth truth.csv --images 6 --seeds 2
