#!/usr/bin/env bash
# The plan of one stack against the simulated cloud, where the base branch is brought up first: no account, no secrets.
# simulated-plan.sh STACK FOLDER BASE_COMMIT
set -euo pipefail
cd "$(dirname "$0")/../.."
if [[ -z ${LGTM_SANDBOX_DIRECTORY:-} ]]; then
  base=build/base
  if [[ ! -d $base ]]; then git worktree add --detach "$base" "$3"; fi
  # The branch's packages run the base branch's program too: one environment, and the difference is of the programs.
  ln -sfn "$PWD/.venv" "$base/.venv"
  exec .venv/bin/python -m sandbox run bash "$0" "$@"
fi
stack=$1 folder=$2
mkdir -p "$folder"
: > "$folder/before.json"

bring_up() {
  pulumi stack init "$1" --no-select --non-interactive > /dev/null 2>&1 || true
  (cd build/base && pulumi up --stack "$1" --yes --skip-preview --suppress-progress --non-interactive)
}

owner=$(.venv/bin/python -c 'import sys
from ops.pull_request.changed_files import stacks_in
print(next((stack.owner or "" for stack in stacks_in() if stack.name == sys.argv[1]), ""))' "$stack")
if [[ -n $owner ]]; then bring_up "$owner"; fi
if [[ ! -f build/base/Pulumi.$stack.yaml ]]; then
  pulumi stack init "$stack" --no-select --non-interactive > /dev/null 2>&1 || true
elif bring_up "$stack"; then
  pulumi stack export --stack "$stack" --file "$folder/before.json"
else
  echo "the base branch's $stack can't be brought up; the plan compares with what there is of it" >&2
fi
SIMULATED=1 BASE_PROJECT=build/base .github/scripts/plan.sh "$stack" "$folder"
