peerless study cross --responses labelled.jsonl responses.jsonl --format csv
