head -12 judgments.jsonl > few.jsonl; peerless rank --judgments few.jsonl --methods bt,bt-davidson --bt-ridge 0; peerless rank --judgments few.jsonl --methods bt,bt-davidson --bt-ridge 0.5
