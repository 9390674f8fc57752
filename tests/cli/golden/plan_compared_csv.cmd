peerless plan -c compared.yaml --format csv
