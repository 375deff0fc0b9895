#!/usr/bin/env bash
# The plan of one stack and its summary: plan.sh STACK FOLDER [options of pulumi preview ...]; the exit code is the preview's.
# FOLDER/before.json is what is there now, exported unless it is given. Only FOLDER/summary.json holds no property values.
# BASE_PROJECT: a checkout of the base branch, for the cost before. SIMULATED=1: say that no account was used.
set -euo pipefail
stack=$1 folder=$2
shift 2
mkdir -p "$folder"
if [[ ! -e $folder/before.json ]]; then
  pulumi stack export --stack "$stack" --file "$folder/before.json" || : > "$folder/before.json"
fi
policies=(--policy-pack policies)
if [[ -f policies/config/$stack.json ]]; then
  policies+=(--policy-pack-config "policies/config/$stack.json")
fi
code=0
# --event-log is among the engine's debugging options.
PULUMI_DEBUG_COMMANDS=true pulumi preview --stack "$stack" "${policies[@]}" --event-log "$folder/events.jsonl" \
  --non-interactive --suppress-progress --color never "$@" || code=$?
if [[ ! -s $folder/events.jsonl ]]; then
  echo '{"sequence":0,"diagnosticEvent":{"severity":"error","message":"the preview made no plan; see the run"}}' \
    > "$folder/events.jsonl"
fi
summary=(--stack "$stack" --before "$folder/before.json" --after "$folder/events.jsonl")
if [[ -n ${BASE_PROJECT:-} ]]; then summary+=(--before-project "$BASE_PROJECT"); fi
if [[ -n ${SIMULATED:-} ]]; then summary+=(--simulated); fi
.venv/bin/python -m ops pr summary "${summary[@]}" > "$folder/summary.json"
exit "$code"
