peerless rank --responses labelled.jsonl --dataset hard --source easy --methods aol,atc --bootstrap 20 --format csv
