#!/usr/bin/env bash
# Opens, updates or closes the one issue about drift: drift-issue.sh REPOSITORY FILE; an empty file closes it.
set -euo pipefail
repository=$1 file=$2
export MARKER='<!-- lgtm-platform:drift -->'
issue=$(gh api --paginate "repos/$repository/issues?state=open&creator=github-actions%5Bbot%5D" --jq \
  '.[] | select(.body != null and (.body | startswith(env.MARKER))) | .number' | head -n 1)
if [[ ! -s $file ]]; then
  if [[ -n $issue ]]; then
    gh api --method POST "repos/$repository/issues/$issue/comments" -f body='No stack differs any more.' > /dev/null
    gh api --method PATCH "repos/$repository/issues/$issue" -f state=closed > /dev/null
  fi
elif [[ -n $issue ]]; then
  gh api --method PATCH "repos/$repository/issues/$issue" -F "body=@$file" > /dev/null
else
  gh api --method POST "repos/$repository/issues" -f title='A running stack differs from the program' \
    -F "body=@$file" > /dev/null
fi
