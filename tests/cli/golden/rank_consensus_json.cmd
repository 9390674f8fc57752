peerless rank --judgments judgments.jsonl --methods weights:weights.csv,rating-vote,single:elm --consensus --format json
