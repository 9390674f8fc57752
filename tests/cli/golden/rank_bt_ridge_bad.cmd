peerless rank --judgments judgments.jsonl --methods bt --bt-ridge -1
