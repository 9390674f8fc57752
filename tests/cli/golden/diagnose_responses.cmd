peerless diagnose --responses responses.jsonl
