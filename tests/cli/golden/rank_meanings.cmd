peerless rank --responses meanings.jsonl -m semantic_entropy,semantic_entropy.judge
