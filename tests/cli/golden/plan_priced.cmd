sed -i "s/provider: openai, model: ash,/provider: openai, model: ash, price: {input: 2.5, output: 10},/" peerless.yaml; peerless plan; peerless plan --format csv | cut -d, -f1-12
