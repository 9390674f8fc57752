peerless study nonsense --judgments judgments.jsonl
