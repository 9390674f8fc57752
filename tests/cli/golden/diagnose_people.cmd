peerless diagnose --judgments judgments.jsonl --reference people.jsonl
