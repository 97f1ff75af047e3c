#!/usr/bin/env bash
# Population training against a random search for fixed schedules that costs as many epochs, with
# some seeds: SEEDS="1 2 3" examples/pbt/run.sh. Arguments go to every call of qalam.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../setup.sh"
source "$here/../env.sh"
seeds="${SEEDS:-1 2 3}"

files="$(mktemp -d)"
trap 'rm -rf "$files"' EXIT

# The experiment of a file with another seed, and a name that tells it.
with_seed() {
  sed -e "s/^  seed: .*/  seed: $2/" -e "/^metadata:/{n;s/\$/-$2/;}" "$here/$1"
}

best_loss() {
  qalam best "$1" "${@:2}" | sed -n 's/^loss: *//p'
}

for seed in $seeds; do
  with_seed fixed.yaml "$seed" >"$files/fixed-$seed.yaml"
  with_seed experiment.yaml "$seed" >"$files/pbt-$seed.yaml"
  qalam run "$files/fixed-$seed.yaml" "$@"
  qalam run "$files/pbt-$seed.yaml" "$@"
done

echo
echo "The best loss, 600 epochs each:"
for seed in $seeds; do
  echo "seed $seed: pbt $(best_loss "pbt-$seed" "$@")," \
    "best fixed schedule $(best_loss "pbt-fixed-$seed" "$@")"
done
echo
echo "The schedule that pbt found with the first seed:"
qalam lineage "pbt-${seeds%% *}" "$@"
