peerless rank --judgments judgments.jsonl --methods peer-review --bootstrap 50 --interval bca --format json
