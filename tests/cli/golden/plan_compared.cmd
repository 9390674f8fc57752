peerless plan -c compared.yaml
