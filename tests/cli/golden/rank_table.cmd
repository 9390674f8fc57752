peerless rank --judgments judgments.jsonl --truth truth.csv --methods upme,peer-review,majority-vote,prd,single:ash
