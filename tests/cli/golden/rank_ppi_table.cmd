peerless rank --judgments judgments.jsonl --methods upme,ppi --reference people.jsonl --truth truth.csv
