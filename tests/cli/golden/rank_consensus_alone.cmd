peerless rank --judgments judgments.jsonl --methods upme --consensus
