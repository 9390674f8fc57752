peerless study weights --judgments judgments.jsonl --truth truth.csv --images 12 --format csv
