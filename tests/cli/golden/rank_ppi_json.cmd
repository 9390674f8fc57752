peerless rank --judgments judgments.jsonl --methods ppi --reference people.jsonl --format json
