peerless diagnose --judgments judgments.jsonl --format json
