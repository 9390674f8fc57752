head -60 judgments.jsonl | sed "s/\"judge\":\"[a-z]*\"/\"judge\":\"people\"/" > people.jsonl; peerless diagnose --judgments judgments.jsonl --reference people.jsonl
