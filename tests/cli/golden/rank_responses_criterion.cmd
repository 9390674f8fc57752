peerless rank --responses responses.jsonl --criterion visual
