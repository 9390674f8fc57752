peerless rank --responses responses.jsonl --source labelled.jsonl --methods aol,aol.rank,atc,doc
