peerless diagnose --judgments judgments.jsonl --format csv
