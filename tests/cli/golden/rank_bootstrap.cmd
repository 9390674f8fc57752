peerless rank --judgments judgments.jsonl --methods upme,majority-vote --bootstrap 200 --seed 3
