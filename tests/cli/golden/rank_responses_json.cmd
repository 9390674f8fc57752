peerless rank --responses responses.jsonl --methods within,entropy.first --format json --prior corrected --bootstrap 20
