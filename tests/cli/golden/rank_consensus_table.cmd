peerless rank --judgments judgments.jsonl --truth truth.csv --methods weights:weights.csv,rating-vote,elo,upme-ema,upme-sum,pico,single:elm --consensus
