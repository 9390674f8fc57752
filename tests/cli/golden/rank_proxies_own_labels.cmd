peerless rank --responses labelled.jsonl --dataset hard --source hard --methods aol
