peerless diagnose --responses responses.jsonl --source labelled.jsonl
