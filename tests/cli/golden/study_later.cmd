peerless study encoder --judgments judgments.jsonl
