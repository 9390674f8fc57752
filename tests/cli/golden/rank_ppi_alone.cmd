peerless rank --judgments judgments.jsonl --methods ppi
