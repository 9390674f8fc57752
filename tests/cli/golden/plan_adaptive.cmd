for i in $(seq 20); do echo "{\"id\":\"q$i\",\"question\":\"What is $i?\"}"; done > items.jsonl; echo 'evaluations: {peer_review: {design: adaptive}}' >> peerless.yaml; peerless plan
