peerless study adaptive --judgments judgments.jsonl --seeds 3
