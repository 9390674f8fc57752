peerless rank --responses responses.jsonl --methods margin,atc
