cat judgments.jsonl | gzip | peerless rank --judgments - --format csv
