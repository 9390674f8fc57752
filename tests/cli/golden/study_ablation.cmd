peerless study ablation --judgments judgments.jsonl --truth truth.csv --images 6
