peerless rank --judgments judgments.jsonl --bootstrap 20 --interval wide
