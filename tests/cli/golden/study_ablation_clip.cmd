peerless study ablation --judgments judgments.jsonl --criteria correctness,clip
