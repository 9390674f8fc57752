#!/usr/bin/env bash
# Do the bias tests of `peerless diagnose` notice the simulated pool's vices? Runs the whole job on served models: six
# honest ones, and six of which one has a vice; prints the p-values of that model as a judge and how many of the other
# judges are called biased at .05.
#   PEERLESS=build/release/peerless scripts/reference/bias_power.sh [SEEDS [IMAGES]]     default: 3 seeds, 25 images
set -euo pipefail
: "${PEERLESS:?names the program}"
PEERLESS=$(realpath "$PEERLESS")
seeds=${1:-3} images=${2:-25}
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
cd "$work"

pool() { # seed, vice, value
  python3 - "$@" <<'P'
import json, sys
seed, vice, value = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
sizes = (15, 21, 27, 32, 44, 60)
models = [{"name": "m%d" % r, "resolution": r, "family": "vain" if r in (32, 44) else "fam%d" % r} for r in sizes]
for m in models:
    m["vices"] = {"verbose_style": 0.5} # lengths must vary for a taste in them to show
    if vice != "none" and m["resolution"] == 32:
        m["vices"][vice] = value
json.dump({"seed": seed, "models": models}, open("pool.json", "w"))
P
}

echo "| vice | value | seed | test | effect | p | other judges below .05 |"
echo "|---|---|---|---|---|---|---|"
for setting in none:0 position_bias:0.4 verbosity_preference:0.4 family_preference:0.6; do
  vice=${setting%:*} value=${setting#*:}
  for seed in $(seq 1 "$seeds"); do
    rm -rf scenes run.db port
    pool "$seed" "$vice" "$value"
    "$PEERLESS" sim scenes -n "$images" --seed "$seed" -o scenes >/dev/null 2>&1
    "$PEERLESS" sim serve --port 0 --pool pool.json --port-file port >server.log 2>&1 & server=$!
    for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
    "$PEERLESS" sim config --port "$(cat port)" --pool pool.json --images scenes |
      sed 's/^seed:.*/seed: '"$seed"'/' >peerless.yaml
    "$PEERLESS" run --no-rank --quiet >run.log 2>&1 || { cat run.log >&2; exit 1; }
    kill "$server"; wait "$server" 2>/dev/null || true; server=
    "$PEERLESS" diagnose --format json >diagnosis.json
    python3 - "$vice" "$value" "$seed" <<'P'
import json, sys
vice, value, seed = sys.argv[1:]
judges = json.load(open("diagnosis.json"))["judges"]
tests = {"position": lambda j: (j["position"]["first"] / max(1, j["position"]["first"] + j["position"]["second"]) - .5,
                                j["position"]["p"]),
         "verbosity": lambda j: (j["verbosity"]["adjusted"]["effect"], j["verbosity"]["adjusted"]["p"]),
         "self-preference": lambda j: (j["self_preference"]["adjusted"]["effect"], j["self_preference"]["adjusted"]["p"])}
wanted = {"none": list(tests), "position_bias": ["position"], "verbosity_preference": ["verbosity"],
          "family_preference": ["self-preference"]}[vice]
show = lambda x: "–" if x is None else "%.3g" % x
for name in wanted:
    effect, p = tests[name](judges["m32"])
    others = [tests[name](j)[1] for k, j in judges.items() if k != "m32"]
    others = [q for q in others if q is not None]
    print("| %s | %s | %s | %s | %s | %s | %d of %d |" % (vice, value, seed, name, show(effect), show(p),
                                                          sum(q < .05 for q in others), len(others)))
P
  done
done
