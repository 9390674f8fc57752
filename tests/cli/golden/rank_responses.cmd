peerless rank --responses responses.jsonl --methods within,margin,majority,mass
