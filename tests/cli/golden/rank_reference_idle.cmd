peerless rank --judgments judgments.jsonl --reference people.jsonl
