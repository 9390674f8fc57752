peerless study sample-size --judgments judgments.jsonl --sizes 4000
