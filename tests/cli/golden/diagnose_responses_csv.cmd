peerless diagnose --responses responses.jsonl --format csv
