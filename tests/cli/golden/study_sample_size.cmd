peerless study sample-size --judgments judgments.jsonl --truth truth.csv --sizes 2,4
