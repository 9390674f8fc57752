peerless rank --judgments judgments.jsonl --format csv --exclude-flagged
