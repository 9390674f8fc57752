peerless rank --judgments judgments.jsonl --methods ppi,bt --reference people.jsonl --format csv
