peerless diagnose --judgments judgments.jsonl
