peerless study convergence --judgments judgments.jsonl --truth truth.csv --starts 5 --upme-epochs 6
