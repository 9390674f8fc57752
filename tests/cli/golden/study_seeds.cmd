peerless study seeds --judgments judgments.jsonl --images 6 --seeds 3 --methods upme,bt
