peerless rank --judgments judgments.jsonl --methods upme,majority-vote,bt --consensus --bootstrap 100
